package annotate

import (
	"strings"
	"unicode/utf8"
)

var (
	// titles stand before a name, one word of which is enough; roles only before two.
	titles = map[string]map[string]bool{
		"de": setOf(`dr prof professor professorin herr herrn frau präsident präsidentin minister ministerin kanzler kanzlerin papst könig königin prinz prinzessin
			senator senatorin bürgermeister bürgermeisterin richter richterin`),
		"en": setOf("dr prof professor mr mrs ms miss sir dame president chancellor senator governor mayor pope king queen prince princess minister congressman congresswoman"),
		"fr": setOf("dr pr m mm mme mlle président présidente ministre chancelier chancelière maire sénateur sénatrice député députée pape roi reine prince princesse docteur professeur juge général"),
		"es": setOf(`dr dra sr sra don doña señor señora presidente presidenta expresidente ministro ministra canciller alcalde alcaldesa senador senadora diputado diputada juez jueza papa rey
			reina príncipe princesa profesor profesora`),
		"it": setOf("dott dottor dottoressa prof professor professoressa sig signor signora presidente ministro ministra cancelliere cancelliera sindaco sindaca senatore senatrice papa re regina principe premier onorevole"),
	}
	roles = map[string]map[string]bool{
		"de": setOf("ceo cfo cto autor autorin"),
		"en": setOf(`ceo cfo cto coo chairman chairwoman founder director analyst economist secretary judge attorney spokesman spokeswoman spokesperson coach actor actress singer author
			researcher scientist historian lawyer general colonel captain rep officer executive manager editor co-founder cofounder`),
		"fr": setOf("pdg directeur directrice patron patronne fondateur fondatrice acteur actrice chanteur chanteuse entraîneur économiste chercheur chercheuse écrivain porte-parole secrétaire candidat candidate"),
		"es": setOf("director directora portavoz fundador fundadora consejero consejera entrenador entrenadora actor actriz economista investigador investigadora escritor escritora secretario secretaria líder candidato candidata ceo"),
		"it": setOf("direttore direttrice portavoce fondatore fondatrice allenatore allenatrice attore attrice economista ricercatore ricercatrice scrittore scrittrice segretario segretaria leader ceo commissario commissaria"),
	}
	// germanTitles end German words that stand before a name: Regierungssprecher, Vorstandschefin.
	germanTitles = []string{
		"präsident", "präsidentin", "minister", "ministerin", "kanzler", "kanzlerin", "chef", "chefin", "sprecher", "sprecherin", "vorsitzende", "vorsitzender",
		"vorsitzenden", "direktor", "direktorin", "leiter", "leiterin", "experte", "expertin", "trainer", "trainerin", "meister", "meisterin", "anwalt", "anwältin",
		"sekretär", "sekretärin", "professor", "professorin", "forscher", "forscherin", "gründer", "gründerin", "analyst", "analystin", "ökonom", "ökonomin", "kommissar",
		"kommissarin", "beauftragte", "beauftragter", "botschafter", "botschafterin", "senator", "senatorin", "autor", "autorin", "regisseur", "regisseurin", "schauspieler",
		"schauspielerin", "sänger", "sängerin", "manager", "managerin", "politiker", "politikerin", "abgeordnete", "abgeordneter", "intendant", "torwart", "stürmer", "historiker",
	}
	// speech are verbs that a speaker stands before or behind.
	speech = map[string]map[string]bool{
		"en": setOf("said says told"), "fr": setOf("déclare affirme explique dit"), "es": setOf("dijo afirmó aseguró señaló explicó dice"),
		"it": setOf("dice spiega afferma"),
	}
	particles = setOf("von van de der den di da du del della dello la le lo li bin al el zu zur vom ten dos das e ter af")
	// noNames are capitalised words that are no part of a person's name.
	noNames = setOf(`airport street avenue road square university institute foundation award prize house school church city town county state states party police department office
		group company commission committee council union association agency bank court government officials ministry democrats republicans conservatives day week hall park river lake
		mountain island islands bay beach valley center centre stadium museum hospital college league cup championship world club band show theatre theater festival
		platz straße stiftung preis haus schule kirche stadion museum universität institut partei polizei regierung gericht verein verband gesellschaft museums gymnasium klinik
		rue avenue université prix fondation musée place école hôpital stade calle plaza premio universidad fundación hospital estadio via piazza premio fondazione ospedale stadio
		state secretary chief officer deputy vice former the minister president prime`)
	germanNouns = []string{"ung", "ungen", "heit", "keit", "schaft", "straße", "platz", "preis", "tion", "tionen", "ismus", "gesetz", "reform", "krise", "jahr", "tag"}
	// doubleSurnames are the languages whose people have two.
	doubleSurnames = setOf("es pt ca gl")
)

func isTitle(language, lower string) bool {
	if titles[language][lower] {
		return true
	}
	if language != "de" {
		return false
	}
	if i := strings.LastIndexByte(lower, '-'); i >= 0 {
		lower = lower[i+1:]
	}
	for _, ending := range germanTitles {
		if strings.HasSuffix(lower, ending) {
			return true
		}
	}
	return false
}

// people finds names behind a title, behind a given name, and beside a verb of speaking.
func (r *entityReader) people() {
	for i := 0; i < len(r.words); i++ {
		if r.taken[i] || r.words[i].class != letters {
			continue
		}
		if to := r.named(i); to > 0 {
			r.takePerson(i, to)
			i = to - 1
			continue
		}
		lower := r.words[i].lower
		if i+1 >= len(r.words) || !r.joined(i+1) && r.words[i+1].gap != ". " {
			continue
		}
		switch {
		case isTitle(r.language, lower) && (lower != "m" || r.words[i+1].gap == ". "):
			r.titled(i+1, 1)
		case roles[r.language][lower]:
			r.titled(i+1, 2)
		case speech[r.language][lower]:
			r.titled(i+1, 2)
			r.spokenBy(i)
		}
	}
}

// takePerson adds a person, whose genitive is the name without its s where that stands in the text, too.
func (r *entityReader) takePerson(from, to int) {
	m := mention{kind: Person, from: from, to: to}
	last := r.words[to-1].text
	if base, cut := strings.CutSuffix(last, "s"); cut && genitives[r.language] {
		for _, w := range r.words {
			if w.text == base {
				m.shown = strings.Join(strings.Fields(strings.TrimSuffix(r.raw[r.words[from].at:r.words[to-1].end], "s")), " ")
				break
			}
		}
	}
	r.take(m)
}

// inName: a word that can be a part of a person's name.
func (r *entityReader) inName(i int) bool {
	if i >= len(r.words) || r.taken[i] {
		return false
	}
	w := &r.words[i]
	if w.class != letters || !w.capital || !w.usable() || r.stop[w.lower] || noNames[w.lower] || isTitle(r.language, w.lower) ||
		legalForms[w.text] || hasDigit(w.text) || w.shout && utf8.RuneCountInString(w.text) < 5 && !strings.Contains(w.text, ".") {
		return false
	}
	if r.language == "de" {
		for _, ending := range germanNouns {
			if strings.HasSuffix(w.lower, ending) && len(w.lower) > len(ending)+3 {
				return false
			}
		}
	}
	return utf8.RuneCountInString(w.text) > 1 || i+1 < len(r.words) && strings.HasPrefix(r.words[i+1].gap, ".")
}

// named is the word behind a name that begins with a given name, or 0: given names, initials, particles and a surname.
func (r *entityReader) named(from int) int {
	if !r.inGivenName(from) {
		return 0
	}
	i := from + 1
	for i < len(r.words) && i < from+3 && r.joined(i) && r.inGivenName(i) {
		i++
	}
	for i < len(r.words) && i < from+4 && r.nameGoesOn(i) && utf8.RuneCountInString(r.words[i].text) == 1 && r.inName(i) {
		i++
	}
	end := r.surname(i)
	if end == 0 {
		// Of two given names the second may be the surname: Martin Walser, Stephen Frank.
		if i > from+1 && utf8.RuneCountInString(r.words[i-1].text) > 1 {
			return i
		}
		return 0
	}
	if doubleSurnames[r.language] && r.joined(end) && r.inName(end) && !r.first(end) {
		end++
	}
	return end
}

func (r *entityReader) inGivenName(i int) bool {
	if r.taken[i] || !r.words[i].usable() {
		return false
	}
	w := r.words[i].text
	if givenNames()[w] {
		return true
	}
	head, tail, compound := strings.Cut(w, "-")
	return compound && givenNames()[head] && givenNames()[tail]
}

func (r *entityReader) first(i int) bool { return r.words[i].first }

// nameGoesOn: a space stands before a word, or the point of an initial.
func (r *entityReader) nameGoesOn(i int) bool {
	return i < len(r.words) && (r.joined(i) || r.words[i].gap == ". " && utf8.RuneCountInString(r.words[i-1].text) == 1)
}

// surname is the word behind a surname with its particles, or 0.
func (r *entityReader) surname(i int) int {
	for range 3 {
		if !r.nameGoesOn(i) || r.taken[i] || !particles[strings.ToLower(r.words[i].text)] {
			break
		}
		i++
	}
	elided := i < len(r.words) && r.words[i].gap == "'"
	if !r.nameGoesOn(i) && !elided || !r.inName(i) {
		return 0
	}
	if n, to := r.match(i, false); to == i+1 && n.kind == Organisation {
		return 0
	}
	return i + 1
}

// titled takes the name behind a title, of at least so many words.
func (r *entityReader) titled(i, least int) {
	// Dr. med. Anna Schmidt, Prime Minister Keir Starmer: another title comes first.
	if i >= len(r.words) || !r.inName(i) {
		return
	}
	if to := r.named(i); to > 0 {
		r.takePerson(i, to)
		return
	}
	if n, to := r.match(i, false); to > 0 && (n.kind == Organisation || n.kind == Place) {
		return
	}
	to := r.surname(i + 1)
	if to == 0 || to > i+4 {
		to = i + 1
	}
	if to-i >= least {
		r.takePerson(i, to)
	}
}

// spokenBy takes the two capitalised words before a verb of speaking.
func (r *entityReader) spokenBy(i int) {
	if i < 2 || !r.joined(i) || !r.joined(i-1) || !r.inName(i-1) || !r.inName(i-2) || i > 2 && r.joined(i-2) && r.words[i-3].capital {
		return
	}
	if _, to := r.match(i-2, false); to > 0 {
		return
	}
	if _, to := r.match(i-1, false); to > 0 {
		return
	}
	if roles[r.language][r.words[i-2].lower] || roles[r.language][r.words[i-1].lower] || englishHeads[r.words[i-1].text] {
		return
	}
	r.takePerson(i-2, i)
}

// surnames counts the mentions of people by their surname alone, once they have been named in full.
func (r *entityReader) surnames() {
	full := map[string]mention{}
	for _, m := range r.mentions {
		if last := r.words[m.to-1].text; m.kind == Person && m.to-m.from > 1 {
			if _, known := full[last]; !known {
				full[last] = m
			}
		}
	}
	if len(full) == 0 {
		return
	}
	for i, m := range r.mentions {
		if m.kind == Person && m.to-m.from == 1 {
			if whole, known := full[r.words[m.from].text]; known {
				name := r.nameOf(whole)
				r.mentions[i].name, r.mentions[i].shown = strings.ToLower(name), name
			}
		}
	}
	for i := range r.words {
		if r.taken[i] || r.words[i].class != letters {
			continue
		}
		m, known := full[r.words[i].text]
		if base, cut := strings.CutSuffix(r.words[i].text, "s"); !known && cut && genitives[r.language] {
			m, known = full[base]
		}
		if known {
			name := r.nameOf(m)
			r.take(mention{kind: Person, from: i, to: i + 1, name: strings.ToLower(name), shown: name})
		}
	}
}

func (r *entityReader) nameOf(m mention) string {
	if m.shown != "" {
		return m.shown
	}
	return strings.Join(strings.Fields(r.raw[m.at:m.end]), " ")
}
