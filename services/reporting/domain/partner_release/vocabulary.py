"""Words for the scan: names that people are given, and words that name nobody though they have a capital letter."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = (
    "mr",
    "mrs",
    "ms",
    "mx",
    "dr",
    "prof",
    "professor",
    "sir",
    "dame",
    "lady",
    "rev",
    "reverend",
    "auntie",
    "nanny",
)

# After one of these words, the word before it is somebody: "Grace said", "Will was".
SPEAKING = (
    "is",
    "was",
    "has",
    "had",
    "said",
    "says",
    "told",
    "tells",
    "felt",
    "feels",
    "lives",
    "lived",
    "moved",
    "asked",
)

# Names that are also ordinary words, or places: they count within a sentence where they have a capital letter, and at
# its beginning only where they are somebody who does something.
ALSO_WORDS = words("""
    amber angel art ash aurora basil bill blessing bob brook brooklyn carol carter chance charity chase chelsea
    cherry christian clement cliff constance crystal daisy dale dawn dean destiny drew earl eden faith favour
    florence frank gene georgia glen grace grant guy harley harmony harry hazel heath heather holly hope hunter
    india iris ivy jack jade jasmine jean jordan joy kay kitty lance lee lily marina mark mason max melody mercy
    miles morgan nick olive paris pat patience pearl penny pierce pip precious prudence ray reed rich rob robin rose
    rosemary rowan ruby sandy savannah sierra sky sue verity victoria viola violet virginia wade warren will willow
    woody
""")

# Names that are nothing else: they count however they are written.
GIVEN_NAMES = words("""
    aaliyah aaron abbey abbie abdi abdul abdullah abigail adam adebayo adele adrian agnes agnieszka ahmed aidan
    aisha akhtar akosua alan albert alec aled alex alexander alexandra alfie alfred ali alice alicia alina alison
    alistair alma amaan amanda amara amelia amina amir amira amos amy ana andrea andrei andrew andrzej angela anjali
    anna anne annie anthony antonio anya aoife archie ariana arjun arlo arnold arthur arya asha ashley audrey ava
    ayaan ayesha ayse balvinder barbara barnaby barry bashir beatrice begum bella ben benedict benjamin bernard
    bertie beth bethany bilal billy blake bobby bonnie bradley brandon brayden brenda brendan brian bronwen brooke
    bruce bruno bryony caitlin callum calum cameron camilla caoimhe cara carl carla carmen carole caroline carrie
    carys catherine cecilia cedric celia chantelle charles charlie charlotte chester chidi chioma chloe chowdhury
    chris christie christina christopher ciara claire clara clarissa claudia clive colin connor conor cora courtney
    craig cynthia cyril dafydd dan dana daniel danielle danny daphne darcy darius darren dave david davina debbie
    deborah declan deepak delilah denise dennis derek desmond diana diane dominic donald donna dora doreen dorothy
    dougie duncan dwayne dylan eamon edith edmund edward edwin eileen elaine eleanor elena eli elias elif elijah
    elise eliza elizabeth ella ellen ellie elliot eloise elsie emeka emily emma emre enid eoin eric erin ernest
    errol esme esther ethan euan eva evelyn evie ewan ezra farah farhan fatima fatimah fatma felix fergus finley
    fiona fleur folake francesca francis franklin fraser fred freddie frederick freya gabriel gail gareth gary gavin
    gemma geoff geoffrey george georgina gerald gerard gethin gheorghe gilbert giles gina gloria godfrey gordon
    graham gregory greta gurpreet gus gwen gwendolyn habiba hamid hamish hamza hannah harpreet harriet harrison
    hasan hassan hector helen helena henry herbert hester hilary hodan howard hugh hugo hussain hussein ian ibrahim
    ida idris ieuan ifeoma imogen imran ines ingrid ioana irene irma isaac isabel isabella isabelle isla ismail ivan
    jackie jacob jacqueline jake jamal james jamie jane janet janice jared jason jaspreet jaxon jaxson jayden jed
    jeff jenna jennifer jenny jeremy jermaine jerome jess jessica jill jim jimmy jing jo joan joanna jodi jodie joe
    joel john johnny jonathan joseph josephine josh joshua josie judith julia julian julie juliet justin kai kara
    karen karim katarzyna kate kath katherine kathleen kathy katie katy kavita kayden kayla kaylee kayleigh keith
    kelly kelvin ken kenneth kerry kevin khadija khan kieran kiesha kimberley kirsty kofi krzysztof kurt kwabena
    kwame kyle kyra lachlan laila lana lara laura lauren laurence laurie layla leah leanne leila lena lenny leo leon
    leonard leonie leroy leslie lewis lexi liam libby lillian linda lindsey linus lionel lisa logan lola lorenzo
    lorna lorraine louis louisa louise luca lucas lucia lucian lucille lucy luke lydia lyra mabel mack maddison
    madeleine madison mae magda magnus maisie malcolm malik mandy manpreet marcia marcus margaret margot maria
    mariam marianne marie marion marlene marlon martha martin marvin mary maryam matilda matt matthew maud maureen
    maurice maxine maxwell maya megan mehmet melissa mervyn mia michael michelle mihai mike millie minh miriam
    mitchell mohamed mohammad mohammed mohamud moira molly monica muhammad murat muriel musa mustafa myles nadeem
    nadia nadine nancy naomi nasir nasreen natalie natasha nathan nathaniel neil nell nellie neville ngozi nguyen
    niamh nicholas nicola nicole nigel nigella nikita nina noah nora norma norman octavia odette oisin okafor
    okonkwo olga oliver olivia ollie oluwaseun omar ophelia orla oscar oswald otis otto owain owen padraig pam
    pamela parveen patel patricia patrick patsy paul paula pauline peggy percy pete peter petra philip phoebe
    phyllis piotr pippa poppy priya quentin quincy rachel rafael rahul raj ralph ramona randall raphael raquel
    rashid rayan raymond rebecca reggie reginald reuben rhiannon rhoda rhys richard riley rita robert roberta robyn
    rocco roderick rodney roger rohan roland romeo ronald ronan ronnie rory rosa rosalind rosamund rosie ross rowena
    roxanne roxy rufus rukhsana rupert russell ruth ryan sabrina sadia safa sagal saira salim sally salma sam
    samantha samuel sandra sanjay sara sarah sasha scarlett seamus sean seb sebastian segun selina serena seth
    shabnam shane shanice shannon sharon shaun shaunie shazia sheila shelley shirley sian sidney sienna silas simon
    simran sinead siobhan skyler sofia sonia sonya sophia sophie spencer stacey stan stanley stella stephanie
    stephen steve steven stuart sunita susan suzanne sylvia tabitha tahir tamara tamika tamsin tania tanya tara
    tariq tasha ted temi teresa terry tessa thea theo theodore theresa thomas thuy tiffany tilly tim timothy tina
    toby todd tom tony tracey tracy trevor trina trudy tunde tyler tyrone umar ursula valentina valerie vanessa vera
    vernon veronica vicky vikram vincent vincenzo vivian vivienne wallace wanda waqas wayne wendy wilfred willa
    william winifred winston xavier xin yahya yasmin yemi yusra yusuf yvette yvonne zac zachary zahra zainab zara
    zayn zelah zelda zena zeynep zoe zoya zubair
""")

# Abbreviations of this field with more than three letters: longer ones than these may be a name in capitals.
ABBREVIATIONS = words("""
    adcs adhd asbo asye bame bscp cafcass camhs cgl chscp covid cspr cypmhs dash dfe dhsc dols ehcp ehcps elsa fasd
    feea grt iapt icpc icpcs ilac ilacs jtai lado lados lgbt lgbtq lgbtqia liia lscb lscp mace mapp mappa marac
    maracs masa mash mhst moj msoa naacj nagalro neet nspcc ofsted pace pdsa ptsd rcpc riia salt senco sencos send
    sendco smart snap sos stop uasc uncrc unicef yjs ypas
""")

# Places, peoples, feasts, products and institutions.
ORDINARY = words("""
    act adcs adoption africa african albanian alliance april arabic asia asian assessment assessments assurance
    audit audits august authorities authority autumn azure barnardo's barnet bengali bexley bi birmingham black
    board borough brent bristol britain british bromley cafcass camden camhs care carers caribbean central chair
    chairs child children children's christmas chronologies chronology cin cla code committee conference contact
    contacts coram cornwall council cp cro crown croydon cse december development devon director directors
    disabilities diversity diwali domain door ealing early east easter education eid enfield england england's
    english equality essex europe european excel families family february foster fostering framework french friday
    front fulham genogram genograms good google government greenwich hackney hamlets hammersmith hanukkah haringey
    harrow havering head heads health help hertfordshire hillingdon hindu hounslow hub i impact improvement
    inadequate inclusion independent internet ireland irish iro islington january jewish july june justice
    kensington kent kingston lambeth lancashire lead leads learning leavers leeds lewisham liquidlogic liverpool
    london manager managers manchester marac march mash may meeting meetings merton microsoft midlands minister
    ministry moderation monday monday's mosaic muslim newham nhs nhs's north november october officer officers
    ofsted outcome outcomes outstanding panel parliament partners partnership pathway pdw people permanence person's
    plan plans police polish portuguese power practice practitioner practitioners principal quality quarter ramadan
    reach redbridge referral referrals regulations requires review reviewing reviews richmond roma romanian
    safeguarding safety saturday school schools scotland scottish secretary send september service services signs
    sikh smart social somali south southwark spanish spring state strategy summer sunday supervision surrey sussex
    sutton team teams thursday together traveller tuesday turkish uk urdu vaisakhi voice wales waltham wandsworth
    wednesday welsh west westminster white winter word worker workers working yorkshire youth
""")

# Words of practice, which are often written with a capital letter.
PRACTICE = words("""
    absence accommodation accountability action actions activity adolescent adolescents adult adults advice advisory
    advocacy advocate affairs after agencies agency alert alerts all allocation also an analysis and annual approach
    appropriate are area areas as ask asked at attachment attendance auditing auditor auditors average be because
    before behaviour benchmarking best boards both brief briefing briefings brighter buddy building but by calls can
    carer case caseload caseloads cases challenge change changes charter checklist child's childcare childhood
    clinic clinical closing closure coaching collaborative common communication communities community company
    complaint complaints compliance concern concerns conferences consent consistency consultation contextual
    continuum cooperation core corporate cost could county court courts covid criteria critical culture curiosity
    curriculum customer dashboard data day days decision decisions delay delays delivery deputy designated did
    digital direct disability disabled discharge discovery discussion district divisional do does domestic draft
    duty edge educational emotional engagement enquiries enquiry environment escalation ethnicity evaluation every
    everybody everyone evidence excellence executive exit experience experiences experts exploitation exploration
    external families' father fathers feedback few findings five focus focused for fora form forum forums foundation
    four from frontline full future futures governance grade graded grades grading great group groups guidance guide
    guidelines had harm has have he healthy hearing her here high his history home homes hour house houses housing
    how however identity if ii iii immediate implementation information initial initiative innovation insight
    inspection inspections integrated intelligence intensive interim intervention interventions interview
    involvement is it its iv joint journey keeping key kin kinship knowledge lads last lens less letters level
    levels liaison library life listening local locality looked lunch management many mapping masterclass matters
    measures mediation mental mentor mentoring method methods mind missing mock model models moderated moderator
    month monthly more most mother mothers motivational multi national need needs neglect network networks new next
    night no nobody not notes notice notification now nurse nurseries nursery nursing observation observations of
    offer offers office on online open operational option options or our ours oversight overview parent parental
    parenting parents participation partner peer performance period permanent person personal perspective phase
    pictures pilot placement placements planning play pledge policies policy pool positive post pre preparation
    pressure prevention primary principles priorities priority private probation procedure procedures proceedings
    process professional professionals profile programme project promise protection protocol protocols providers
    provision psychological psychology public pupil purpose purposeful q quarterly question questions race rapid
    rating ratings reading record recording records recovery reflection reflective refresh region regional
    regulation relational relationship relationships renewal report reports request requests research residential
    resilience resource resources respect response responses responsibility restorative results return returns
    reunification right rights risk risks road role root round sample sampling scale scheme school's score screening
    second secondary section secure see seen self senior series session sessions sexual shared sharing she should
    sibling siblings since single six skills small snapshot so society some special specialist staff staffing stage
    standard standards statement statements statutory steering step steps story strand strength strengthening
    strengths stronger studio study substance substitute success summary supervising supervisor supervisors support
    supported supporting supportive survey surveys sustained system systemic systems target targets task tell
    template templates that the their them theme themed themes then therapeutic therapy there these they thinking
    third this those thread three threshold thresholds time timeline timeliness timely to told toolkit tools total
    touch town tracker tracking training transfer transition transitions trauma trends tribunal trust twice two
    unborn understanding unit universal update us use used value values views violence virtual vision visit visiting
    visitor visitors visits voices voluntary volunteer vulnerable walk was we webinar week weekly weeks wellbeing
    were what when where which while who whole why wishes with witness women women's words work workbook workforce
    workload works workshop workshops world would year years yes you young your zone
""")
