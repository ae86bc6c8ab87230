"""The codes of feedback: who spoke, by which way, about what."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    SURVEY = "SURVEY"
    TEXT = "TEXT"
    FOCUS_GROUP = "FOCUS_GROUP"
    COMPLAINT = "COMPLAINT"
    COMPLIMENT = "COMPLIMENT"
    CRO_FORM = "CRO_FORM"
    IRO_FORM = "IRO_FORM"
    CAMHS = "CAMHS"
    SEND = "SEND"
    COMMISSIONED = "COMMISSIONED"
    AUDIT_CONVERSATION = "AUDIT_CONVERSATION"
    PARTICIPATION_APP = "PARTICIPATION_APP"


class RespondentType(StrEnum):
    CHILD = "CHILD"
    YOUNG_PERSON = "YOUNG_PERSON"
    CARE_LEAVER = "CARE_LEAVER"
    PARENT = "PARENT"
    CARER = "CARER"
    FOSTER_CARER = "FOSTER_CARER"
    KINSHIP = "KINSHIP"
    ADVOCATE = "ADVOCATE"
    PROFESSIONAL = "PROFESSIONAL"
    UNKNOWN = "UNKNOWN"


class Theme(StrEnum):
    LISTENED_TO = "LISTENED_TO"
    RESPECT = "RESPECT"
    COMMUNICATION = "COMMUNICATION"
    WORKER_CHANGE = "WORKER_CHANGE"
    TIMELINESS = "TIMELINESS"
    INFORMATION = "INFORMATION"
    INVOLVED_IN_PLAN = "INVOLVED_IN_PLAN"
    MEETINGS = "MEETINGS"
    PLACEMENT_HOME = "PLACEMENT_HOME"
    FAMILY_TIME = "FAMILY_TIME"
    SCHOOL_SEND = "SCHOOL_SEND"
    HEALTH_CAMHS = "HEALTH_CAMHS"
    MONEY_HOUSING = "MONEY_HOUSING"
    IDENTITY = "IDENTITY"
    SAFETY = "SAFETY"
    STAFF_PRAISE = "STAFF_PRAISE"
    DECISION_DISPUTED = "DECISION_DISPUTED"
    ACCESSIBILITY = "ACCESSIBILITY"
    OTHER = "OTHER"


class Sentiment(StrEnum):
    POSITIVE = "POSITIVE"
    MIXED = "MIXED"
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"


class Method(StrEnum):
    """Who said what it was about: a person, or a rule of some program."""

    PERSON = "PERSON"
    RULE = "RULE"


class SafeguardingRoute(StrEnum):
    """Where a disclosure of harm goes: never into the ordinary handling of feedback."""

    FRONT_DOOR = "FRONT_DOOR"
    EMERGENCY_DUTY = "EMERGENCY_DUTY"
    LADO = "LADO"
    POLICE = "POLICE"


class ConsentScope(StrEnum):
    """What a person may take back: having their words shown, or being written to."""

    PUBLISH = "PUBLISH"
    CONTACT = "CONTACT"


class Audience(StrEnum):
    CHILDREN = "CHILDREN"
    FAMILIES = "FAMILIES"
    CARERS = "CARERS"
    STAFF = "STAFF"
    EVERYBODY = "EVERYBODY"


class CheckResult(StrEnum):
    """What those who spoke say of the change."""

    BETTER = "BETTER"
    SAME = "SAME"
    WORSE = "WORSE"
