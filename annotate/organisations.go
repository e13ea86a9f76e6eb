package annotate

import (
	"strings"
	"unicode/utf8"
)

var (
	// legalForms end a company's name.
	legalForms = setOf(`GmbH AG SE KG KGaA eG e.V UG OHG mbH gGmbH Inc Ltd LLC LLP PLC plc Corp Corporation Co Limited Incorporated SA S.A SAS SARL SpA S.p.A
		Srl S.r.l S.L SL BV B.V NV N.V AB ASA Oy Oyj ApS Holdings Holding SCA GbR`)
	// englishHeads end the name of an organisation in English: Stanford University.
	englishHeads = setOf(`University College Institute Foundation Association Airlines Airways Motors Pharmaceuticals Ministry Department Commission Committee
		Council Agency Hospital Museum Corporation Technologies Laboratories Union Society`)
	// heads begin the name of an organisation that goes on behind one of the words of the same language.
	heads = map[string]map[string]bool{
		"en": setOf("University Ministry Department Institute Bank College Museum Bureau Academy Chamber Church"),
		"de": setOf("Ministerium Bundesministerium Bundesamt Landesamt Institut Bundesanstalt Bundeszentrale Bundesinstitut Zentralinstitut Staatsministerium"),
		"fr": setOf("Université université Ministère ministère Institut Banque Tribunal tribunal Agence Musée musée École Cour cour Conseil Académie"),
		"es": setOf("Universidad Ministerio Instituto Banco Tribunal Agencia Museo Ayuntamiento Consejo Academia Audiencia"),
		"it": setOf("Università ministero Ministero Istituto Banca Tribunale tribunale Agenzia Museo Consiglio Comune Accademia Corte Procura procura"),
	}
	headLinks = map[string]map[string]bool{
		"en": setOf("of"), "de": setOf("für"), "fr": setOf("de d du des"), "es": setOf("de del"), "it": setOf("di de del dello della dell dei degli delle"),
	}
	// inNames are little words within a name.
	inNames = map[string]map[string]bool{
		"en": setOf("the and for of"), "de": setOf("und"), "fr": setOf("la l de d et des du"), "es": setOf("la las los el y e de del"), "it": setOf("e la l di della delle del dei"),
	}
	// listing are heads whose names go on behind an "and".
	listing = setOf(`Ministry Department Ministerium Bundesministerium Staatsministerium Bundesamt Landesamt Institut Bundesinstitut Ministère ministère Ministerio Ministero
		ministero Institute`)
	conjunctions = setOf("and und et y e")
	// germanHeads stand before the place of an institution: Universität Leipzig.
	germanHeads = setOf(`Universität Hochschule Landgericht Amtsgericht Oberlandesgericht Verwaltungsgericht Oberverwaltungsgericht Arbeitsgericht Sozialgericht Staatsanwaltschaft
		Stadtwerke Klinikum Universitätsklinikum Sparkasse Polizeipräsidium Fachhochschule Generalstaatsanwaltschaft Finanzgericht`)
	germanEndings  = []string{"ministerium", "gericht", "anstalt", "agentur", "amt", "institut", "kartellamt", "behörde"}
	compoundEnding = []string{"Stiftung", "Institut", "Universität", "Gesellschaft", "Verband", "Klinikum", "Gruppe"}
	// germanKinds end words that say what kind of company follows, and are no part of its name.
	germanKinds = []string{
		"hersteller", "konzern", "unternehmen", "anbieter", "firma", "tochter", "betreiber", "riese", "riesen", "spezialist", "entwickler", "händler", "dienstleister",
		"start-up", "startup", "zulieferer", "kette", "bauer", "gesellschaft", "mutter", "herstellers", "konzerns", "anbieters",
	}
)

// organisations finds those that a rule tells: a legal form behind the name, or a head before it.
func (r *entityReader) organisations() {
	for i := range r.words {
		w := &r.words[i]
		if w.class != letters || r.taken[i] || !w.usable() {
			continue
		}
		switch {
		case legalForms[w.text] && (r.joined(i) || w.gap == ", " && r.language == "en"):
			r.company(i)
		case r.head(i), r.germanInstitution(i):
		case r.language == "en" && englishHeads[w.text] && r.joined(i):
			r.company(i)
		}
	}
}

// company takes what stands before a legal form, or before "University".
func (r *entityReader) company(i int) {
	from := i
	for from > 0 && i-from < 4 && r.inCompany(from-1) {
		if from < i && !r.joinedName(from) || r.taken[from-1] {
			break
		}
		from--
	}
	for from < i && (r.stop[r.words[from].lower] || r.words[from].first && r.words[from].lower == "the") {
		from++
	}
	to := i + 1
	// Robert Bosch GmbH & Co. KG.
	if i+2 < len(r.words) && r.words[i+1].gap == " & " && r.words[i+1].text == "Co" && legalForms[r.words[i+2].text] {
		to = i + 3
	}
	if from == i {
		return
	}
	m := mention{kind: Organisation, from: from, to: to, at: r.words[from].at, end: r.words[to-1].end}
	// The name without its form, so that Nemetschek SE and Nemetschek are one.
	if legalForms[r.words[i].text] {
		m.name = strings.ToLower(strings.TrimRight(r.raw[r.words[from].at:r.words[i-1].end], " ,"))
	}
	r.take(m)
}

// joinedName: a space or an ampersand is between a word and the one before.
func (r *entityReader) joinedName(i int) bool {
	return r.joined(i) || r.words[i].gap == " & " || r.words[i].gap == "&" || r.words[i].gap == "-"
}

func (r *entityReader) inCompany(i int) bool {
	w := &r.words[i]
	if w.class != letters || !w.capital || !w.usable() || legalForms[w.text] || r.stop[w.lower] {
		return false
	}
	if r.language != "de" {
		return true
	}
	for _, kind := range germanKinds {
		if strings.HasSuffix(w.lower, kind) {
			return false
		}
	}
	return !isTitle(r.language, w.lower)
}

// head: University of Oxford, Ministerium für Wirtschaft und Energie, Université de Bordeaux.
func (r *entityReader) head(i int) bool {
	links := headLinks[r.language]
	if !heads[r.language][r.words[i].text] || !r.joined(i+1) || !links[r.words[i+1].lower] {
		return false
	}
	to := i + 1
	for n := i + 1; n < len(r.words) && n < i+9 && r.inHead(i, n); n++ {
		w := &r.words[n]
		if w.capital && !r.stop[w.lower] {
			if to > i+1 && r.other(n) {
				break
			}
			to = n + 1
		}
	}
	if to == i+1 || !r.listEnds(i, to) {
		return false
	}
	return r.take(mention{kind: Organisation, from: i, to: to})
}

// inHead: a word may be a part of the name that begins with a head at i.
func (r *entityReader) inHead(i, n int) bool {
	w := &r.words[n]
	gap := r.joined(n) || w.gap == "'" || w.gap == ", " && r.language == "de" && n > i+2
	if !gap || w.class != letters || r.taken[n] {
		return false
	}
	link := n == i+1 || inNames[r.language][w.lower] && (listing[r.words[i].text] || !conjunctions[w.lower])
	return link || w.capital && !r.stop[w.lower]
}

// other: what begins here is a name of its own.
func (r *entityReader) other(i int) bool {
	n, to := r.match(i, false)
	return to > 0 && n.kind == Organisation || heads[r.language][r.words[i].text]
}

// listEnds: a name with a comma in it is one only if it goes on to an "und": Ministerium für Bildung, Jugend und Sport.
func (r *entityReader) listEnds(from, to int) bool {
	comma := strings.Contains(r.raw[r.words[from].at:r.words[to-1].end], ",")
	return !comma || r.words[to-2].lower == "und"
}

// germanInstitution: Landgericht München, Bundesfinanzministerium, Konrad-Adenauer-Stiftung.
func (r *entityReader) germanInstitution(i int) bool {
	w := &r.words[i]
	if r.language != "de" || !w.capital {
		return false
	}
	for _, ending := range compoundEnding {
		if strings.HasSuffix(w.text, "-"+ending) {
			return r.take(mention{kind: Organisation, from: i, to: i + 1})
		}
	}
	if germanHeads[w.text] && r.joined(i+1) && r.words[i+1].capital && !r.stop[r.words[i+1].lower] {
		from, to := i, i+2
		if r.joined(i) && (r.words[i-1].text == "Technische" || r.words[i-1].text == "Technischen" || r.words[i-1].text == "Freie" || r.words[i-1].text == "Freien") {
			from--
		}
		if _, long := r.match(i+1, false); long > i+2 {
			to = long
		}
		return r.take(mention{kind: Organisation, from: from, to: to})
	}
	if strings.HasPrefix(w.text, "Bundes") || strings.HasSuffix(w.text, "ministerium") {
		for _, ending := range germanEndings {
			if len(w.text) > len(ending)+4 && strings.HasSuffix(w.text, ending) {
				return r.take(mention{kind: Organisation, from: i, to: i + 1})
			}
		}
	}
	return false
}

// listed finds the names of the lists: those of several words before any rule may take a part of them, the others last.
func (r *entityReader) listed(several bool) {
	for i := 0; i < len(r.words); i++ {
		if r.taken[i] {
			continue
		}
		if r.words[i].class == unspaced {
			if several {
				r.listedWithin(i)
			}
			continue
		}
		// Landgericht Frankfurt am Main is one name.
		if several && r.joined(i) && germanHeads[r.words[i-1].text] {
			continue
		}
		n, to := r.match(i, several)
		if to == 0 {
			r.compoundHead(i, several)
			continue
		}
		m := mention{kind: n.kind, from: i, to: to, name: strings.ToLower(n.name), country: n.country}
		if last := &r.words[to-1]; last.text != n.words[len(n.words)-1].text {
			m.shown = strings.TrimSuffix(r.raw[r.words[i].at:last.end], "s")
		}
		if r.take(m) {
			i = to - 1
		}
	}
}

// listedWithin finds the names in a run without spaces.
func (r *entityReader) listedWithin(i int) {
	const most = 8
	w := &r.words[i]
	starts := make([]int, 0, most+1)
	for at := range w.text {
		starts = append(starts, at)
	}
	starts = append(starts, len(w.text))
	for a := 0; a < len(starts)-2; a++ {
		for b := min(a+most, len(starts)-1); b > a+1; b-- {
			if found := names()[w.text[starts[a]:starts[b]]]; len(found) > 0 {
				n := found[0]
				r.mentions = append(r.mentions, mention{
					kind: n.kind, from: i, to: i + 1, at: w.at + starts[a], end: w.at + starts[b], name: strings.ToLower(n.name), country: n.country,
				})
				a = b - 1
				break
			}
		}
	}
}

// compoundHead finds the name at the head of a compound: US-Präsident, VW-Konzern.
func (r *entityReader) compoundHead(i int, several bool) {
	w := &r.words[i]
	head, tail, compound := strings.Cut(w.text, "-")
	if several || !compound || w.class != letters || utf8.RuneCountInString(head) < 2 || tail == "" {
		return
	}
	for _, n := range names()[head] {
		if len(n.words) == 1 && r.inLanguage(n) {
			r.take(mention{kind: n.kind, from: i, to: i + 1, at: w.at, end: w.at + len(head), name: strings.ToLower(n.name), country: n.country})
			return
		}
	}
}

// genitives are the languages that add an s to names.
var genitives = setOf("de sv da no nb nl")

// match finds the longest name of the lists that begins at a word, and the word behind it.
func (r *entityReader) match(i int, several bool) (named, int) {
	w := &r.words[i]
	if w.class == number {
		return named{}, 0
	}
	for _, n := range names()[w.text] {
		if !r.inLanguage(n) {
			continue
		}
		if len(n.words) > 1 && r.matches(n, i) {
			return n, i + len(n.words)
		}
		if len(n.words) == 1 && !several {
			return n, i + 1
		}
	}
	if base, cut := strings.CutSuffix(w.text, "s"); !several && cut && len(base) > 3 && genitives[r.language] {
		for _, n := range names()[base] {
			if len(n.words) == 1 && r.inLanguage(n) {
				return n, i + 1
			}
		}
	}
	return named{}, 0
}

func (r *entityReader) inLanguage(n named) bool {
	return n.language == "" || n.language == r.language || r.language == "und"
}

func (r *entityReader) matches(n named, i int) bool {
	if i+len(n.words) > len(r.words) {
		return false
	}
	for j, want := range n.words[1:] {
		w := &r.words[i+1+j]
		same := w.text == want.text || j == len(n.words)-2 && genitives[r.language] && w.text == want.text+"s"
		apart := w.gap == want.gap || want.gap == " " && r.joined(i+1+j)
		if !same || !apart {
			return false
		}
	}
	return true
}
