"""The acronyms of the field, explained on hover and on the glossary page."""

from ctg.frame import register_glossary

# acronym, what its letters stand for, one plain sentence
TERMS: list[tuple[str, str, str]] = [
    ("ALSH", "Accueil de loisirs sans hébergement", "Il reçoit les enfants hors du temps d’école, à la journée ou moins."),
    ("ATSEM", "Agent territorial spécialisé des écoles maternelles", "La personne qui seconde l’enseignant en maternelle."),
    ("AVIP", "À vocation d’insertion professionnelle", "Se dit d’une crèche qui réserve des places aux parents en recherche d’emploi."),
    ("CA", "Communauté d’agglomération", "Une intercommunalité autour d’une ville d’au moins 15 000 habitants."),
    ("Caf", "Caisse d’allocations familiales", "L’organisme départemental qui verse les prestations familiales et soutient les services aux familles."),
    ("CC", "Communauté de communes", "L’intercommunalité la plus fréquente en milieu rural."),
    ("CCAS", "Centre communal d’action sociale", "L’établissement d’une commune chargé de l’aide et de l’action sociales."),
    ("CCS", "Communauté de communes Sundgau", "L’intercommunalité de 64 communes du sud du Haut-Rhin."),
    ("CCVA", "Communauté de communes du Val d’Argent", "L’intercommunalité de quatre communes du Haut-Rhin autour de Sainte-Marie-aux-Mines."),
    ("CeA", "Collectivité européenne d’Alsace", "La collectivité qui exerce les compétences départementales en Alsace."),
    ("CEJ", "Contrat enfance jeunesse", "Le contrat entre une Caf et une collectivité que la CTG a remplacé."),
    ("CIAS", "Centre intercommunal d’action sociale", "Un CCAS commun à plusieurs communes."),
    ("CISPD", "Conseil intercommunal de sécurité et de prévention de la délinquance", "Il réunit élus, justice, police et associations."),
    ("CLAS", "Contrat local d’accompagnement à la scolarité", "Un soutien aux enfants et à leurs parents, hors de l’école."),
    ("CLS", "Contrat local de santé", "L’accord d’un territoire et de l’agence régionale de santé pour réduire les inégalités de santé."),
    ("CMS", "Centre médico-social", "Le lieu d’accueil des services sociaux du département."),
    ("CNAF", "Caisse nationale des allocations familiales", "Elle pilote le réseau des Caf."),
    ("CNFPT", "Centre national de la fonction publique territoriale", "Il forme les agents des collectivités."),
    ("COG", "Convention d’objectifs et de gestion", "Ce que l’État et la branche Famille conviennent pour cinq ans."),
    ("COPIL", "Comité de pilotage", "Les élus et les signataires y fixent les priorités et y tranchent."),
    ("COTECH", "Comité technique", "Les services y préparent les décisions du COPIL et en suivent l’exécution."),
    ("CRIJ", "Centre régional d’information jeunesse", "Il anime le réseau des services information jeunesse d’une région."),
    ("CSC", "Centre socioculturel", "Un centre social qui mène aussi des activités culturelles."),
    ("CSCVA", "Centre socioculturel du Val d’Argent", "Le centre social du Val d’Argent."),
    ("CTG", "Convention territoriale globale", "L’accord par lequel une Caf et des collectivités mènent ensemble leur politique familiale et sociale."),
    ("DGS", "Directeur ou directrice général(e) des services", "La personne qui dirige les services d’une collectivité."),
    ("DRAJES", "Délégation régionale académique à la jeunesse, à l’engagement et aux sports", "Le service de l’État pour la jeunesse, la vie associative et le sport."),
    ("EAJE", "Établissement d’accueil du jeune enfant", "Crèche, halte-garderie, micro-crèche."),
    ("EPCI", "Établissement public de coopération intercommunale", "Des communes réunies pour exercer des compétences ensemble."),
    ("ETP", "Équivalent temps plein", "La mesure d’un poste : un mi-temps vaut 0,5 ETP."),
    ("EVS", "Espace de vie sociale", "Une petite structure de proximité, souvent associative, agréée par la Caf."),
    ("FA", "Fiche action", "L’unité du plan : ce qu’on veut, qui le porte, par quelles étapes, avec quels indicateurs."),
    ("HLM", "Habitation à loyer modéré", "Un logement social."),
    ("LAEP", "Lieu d’accueil enfants-parents", "Un lieu où les tout-petits viennent jouer avec leur parent, sans inscription."),
    ("m2A", "Mulhouse Alsace Agglomération", "La communauté d’agglomération de 39 communes autour de Mulhouse."),
    ("MSA", "Mutualité sociale agricole", "La protection sociale du monde agricole."),
    ("PEDT", "Projet éducatif de territoire", "L’accord d’une collectivité et de l’État sur les temps de l’enfant."),
    ("PMI", "Protection maternelle et infantile", "Le service départemental qui suit la santé des mères et des jeunes enfants."),
    ("QPV", "Quartier prioritaire de la politique de la ville", "Un quartier que l’État a retenu pour la faiblesse des revenus de ses habitants."),
    ("REAAP", "Réseau d’écoute, d’appui et d’accompagnement des parents", "Il relie les actions de soutien à la parentalité d’un département."),
    ("RPE", "Relais petite enfance", "Il informe les familles et accompagne les assistantes maternelles."),
    ("SDSF", "Schéma départemental des services aux familles", "Le plan départemental pour la petite enfance, la parentalité, la jeunesse et la vie sociale."),
    ("SIJ", "Service information jeunesse", "Un lieu ou une permanence où les jeunes trouvent informations et conseils."),
    ("SPPE", "Service public de la petite enfance", "Les compétences des communes, depuis 2025, pour l’accueil du jeune enfant."),
    ("UDAF", "Union départementale des associations familiales", "Elle représente les familles du département."),
    ("ULIS", "Unité localisée pour l’inclusion scolaire", "Une classe qui accueille des élèves en situation de handicap dans une école ordinaire."),
]  # fmt: skip


def load() -> None:
    """Register the terms, when the app starts."""
    register_glossary(TERMS)
