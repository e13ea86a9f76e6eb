package store

import (
	"encoding/json"
	"errors"
	"math"
	"time"
)

// A Method is how a figure came about.
type Method string

// The methods. Measured is what a source itself has counted, derived what was computed from such by a formula
// that is told, model a language model's guess.
const (
	MethodMeasured Method = "measured"
	MethodDerived  Method = "derived"
	MethodModel    Method = "model"
)

// A Figure is a number that says where it comes from. Unknown is honest in one shape alone: value, source,
// measured_at and method are all null; the unit says what is unknown. Its JSON form is the API's.
//
// Its fields are closed, so that none can be made without saying how it came about: by Derived, Guessed or
// Unknown, or from a Measure.
type Figure struct{ wire figureWire }

type figureWire struct {
	Value      *float64   `json:"value"`
	Unit       string     `json:"unit"`
	Source     *string    `json:"source"`
	MeasuredAt *time.Time `json:"measured_at"`
	Method     *Method    `json:"method"`
}

func newFigure(value float64, unit, source string, at time.Time, method Method) Figure {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return Unknown(unit)
	}
	value = math.Round(value*1e4) / 1e4
	at = at.UTC()
	return Figure{figureWire{&value, unit, &source, &at, &method}}
}

// Derived is a figure computed from others; source says from what and by which formula. What is no number is unknown.
func Derived(value float64, unit, source string, at time.Time) Figure {
	return newFigure(value, unit, source, at, MethodDerived)
}

// Guessed is a figure that a model has made up; source names the model.
func Guessed(value float64, unit, source string, at time.Time) Figure {
	return newFigure(value, unit, source, at, MethodModel)
}

// Unknown is a figure that nobody knows.
func Unknown(unit string) Figure { return Figure{figureWire{Unit: unit}} }

// Value is the number; nil where it is unknown.
func (f Figure) Value() *float64 { return f.wire.Value }

// Method is how it came about; "" where it is unknown.
func (f Figure) Method() Method {
	if f.wire.Method == nil {
		return ""
	}
	return *f.wire.Method
}

// Source is where it comes from; "" where it is unknown.
func (f Figure) Source() string {
	if f.wire.Source == nil {
		return ""
	}
	return *f.wire.Source
}

// MarshalJSON writes all of its fields.
func (f Figure) MarshalJSON() ([]byte, error) { return json.Marshal(f.wire) }

// UnmarshalJSON refuses a number that does not say where it comes from, and a provenance without a number.
func (f *Figure) UnmarshalJSON(text []byte) error {
	var w figureWire
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	known := w.Value != nil
	if known != (w.Source != nil) || known != (w.MeasuredAt != nil) || known != (w.Method != nil) {
		return errors.New("a figure has value, source, measured_at and method, or none of them")
	}
	if known && *w.Method != MethodMeasured && *w.Method != MethodDerived && *w.Method != MethodModel {
		return errors.New("a figure is measured, derived or a model's")
	}
	f.wire = w
	return nil
}

// A Measure is a figure that was measured, or is unknown: where a field has this type, nothing else can stand,
// and the database refuses it, too (honest_figures). Only Measured makes one that is known.
type Measure struct{ figure Figure }

// Measured is a figure that a source has counted itself, at that time.
func Measured(value float64, unit, source string, at time.Time) Measure {
	return Measure{newFigure(value, unit, source, at, MethodMeasured)}
}

// Unmeasured is a measure that no source has told.
func Unmeasured(unit string) Measure { return Measure{Unknown(unit)} }

// Figure is the measure as a figure.
func (m Measure) Figure() Figure { return m.figure }

// Value is the number; nil where nobody has measured it.
func (m Measure) Value() *float64 { return m.figure.Value() }

// MarshalJSON writes it as a figure.
func (m Measure) MarshalJSON() ([]byte, error) { return m.figure.MarshalJSON() }

// UnmarshalJSON refuses a figure that was not measured.
func (m *Measure) UnmarshalJSON(text []byte) error {
	var f Figure
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	if f.Value() != nil && f.Method() != MethodMeasured {
		return errors.New("a " + string(f.Method()) + " figure stands where only a measured one may")
	}
	m.figure = f
	return nil
}

// A Score is a figure of 0 to 100 that explains itself.
type Score struct {
	// Value is unknown where too little is known; Reason then says what is missing.
	Value Figure `json:"value"`
	// Profile and ProfileVersion name the weights.
	Profile        string        `json:"profile"`
	ProfileVersion int           `json:"profile_version"`
	Parts          []WeighedPart `json:"parts"`
	// Suggestions are what would improve it, what brings most first.
	Suggestions []string `json:"suggestions"`
	Reason      *string  `json:"reason"`
}

// points is the number; nil where there is no score, or it is unknown.
func (s *Score) points() *float64 {
	if s == nil {
		return nil
	}
	return s.Value.Value()
}

// A WeighedPart is one part of a score.
type WeighedPart struct {
	Name string `json:"name"`
	// Value is from 0 to 1; unknown where its inputs are, and then its weight is shared out among the others.
	Value Figure `json:"value"`
	// Weight is the profile's, WeightUsed what the part really weighed.
	Weight     float64 `json:"weight"`
	WeightUsed float64 `json:"weight_used"`
	// Inputs are what the value was computed from, Note how, or why it is unknown.
	Inputs map[string]any `json:"inputs"`
	Note   string         `json:"note"`
}
