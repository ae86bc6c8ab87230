"""Feedback, and a change that came of it, as tests of feedback speak of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.feedback.domain.change.decisions import (
    CheckWithRespondents,
    DecideChange,
    DraftYouSaidWeDid,
    MakeChange,
    PublishYouSaidWeDid,
)
from services.feedback.domain.change.events import (
    Change,
    ChangeCheckedWithRespondents,
    ChangeDecided,
    ChangeMade,
    YouSaidWeDid,
    YouSaidWeDidDrafted,
    YouSaidWeDidPublished,
)
from services.feedback.domain.codes import (
    Audience,
    Channel,
    CheckResult,
    ConsentScope,
    Method,
    RespondentType,
    SafeguardingRoute,
    Sentiment,
    Theme,
)
from services.feedback.domain.feedback.decisions import (
    AcknowledgeFeedback,
    ClassifyFeedback,
    ReceiveFeedback,
    RespondToFeedback,
    RouteSafeguardingConcern,
    WithdrawConsent,
)
from services.feedback.domain.feedback.events import (
    Classification,
    ConsentWithdrawn,
    FeedbackAcknowledged,
    FeedbackClassified,
    FeedbackReceived,
    FeedbackResponded,
    SafeguardingConcernFound,
)
from services.feedback.domain.policy import FeedbackPolicy
from services.feedback.domain.rating import Rating, Scale
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

ID = "0192a000-0000-7000-8000-000000000001"
CHANGE_ID = "0192a000-0000-7000-8000-0000000000c1"
ELM = Place(team="team-elm", service_area="area-plan", authority="901", regions=("region-north",))
POLICY = FeedbackPolicy()
CHILD = "c0ffee00c0ffee00c0ffee00"
TOLD_LATE = SealedText(key=CHILD, nonce="n1", text="x1", mark="nobody told me")
TOLD_LATE_SEALED_AGAIN = SealedText(key=CHILD, nonce="n2", text="x2", mark="nobody told me")
OTHER_WORDS = SealedText(key=CHILD, nonce="n3", text="x3", mark="other words")
CHILD_REF = SealedText(key=CHILD, nonce="n4", text="x4", mark="12345")
RECEIVED_ON = date(2026, 4, 14)
FOUND_AT = datetime(2026, 4, 14, 15, 30, tzinfo=UTC)

receive = ReceiveFeedback(
    feedback_id=ID,
    channel=Channel.SURVEY,
    source_system="survey-tool",
    entered_by="client-survey",
    entered_as=frozenset(),
    respondent_type=RespondentType.YOUNG_PERSON,
    place=ELM,
    received_on=RECEIVED_ON,
    today=date(2026, 4, 15),
    experienced_on=date(2026, 1, 10),
    consent_publish=True,
    rating=Rating(scale=Scale.FFT, value="POOR"),
    child=CHILD,
    child_ref=CHILD_REF,
    text=TOLD_LATE,
)
received = FeedbackReceived(
    feedback_id=ID,
    channel=Channel.SURVEY,
    source_system="survey-tool",
    entered_by="client-survey",
    respondent_type=RespondentType.YOUNG_PERSON,
    place=ELM,
    service=None,
    received_on=RECEIVED_ON,
    experienced_on=date(2026, 1, 10),
    anonymous=False,
    consent_publish=True,
    rating=Rating(scale=Scale.FFT, value="POOR"),
    child=CHILD,
    child_ref=CHILD_REF,
    text=TOLD_LATE,
    praised=None,
)
anonymous_words = SealedText(key=f"feedback-{ID}", nonce="n5", text="x5", mark="somebody hits me")
anonymous = received.model_copy(
    update={
        "channel": Channel.TEXT,
        "anonymous": True,
        "respondent_type": RespondentType.UNKNOWN,
        "child": None,
        "child_ref": None,
        "rating": None,
        "text": anonymous_words,
    }
)

classify = ClassifyFeedback(frozenset({Theme.COMMUNICATION, Theme.LISTENED_TO}), Sentiment.NEGATIVE, Method.PERSON)
by_person = Classification(
    themes=(Theme.COMMUNICATION, Theme.LISTENED_TO),
    sentiment=Sentiment.NEGATIVE,
    method=Method.PERSON,
    confidence=None,
)
classified = FeedbackClassified(feedback_id=ID, classification=by_person, in_digest=True)
classify_by_rule = ClassifyFeedback(frozenset({Theme.OTHER}), Sentiment.NEUTRAL, Method.RULE, 0.6)
by_rule = Classification(themes=(Theme.OTHER,), sentiment=Sentiment.NEUTRAL, method=Method.RULE, confidence=0.6)
classified_by_rule = FeedbackClassified(feedback_id=ID, classification=by_rule, in_digest=True)

route = RouteSafeguardingConcern(SafeguardingRoute.FRONT_DOOR, FOUND_AT, FOUND_AT + timedelta(minutes=40))
routed = SafeguardingConcernFound(
    feedback_id=ID,
    routed_to=SafeguardingRoute.FRONT_DOOR,
    found_at=FOUND_AT,
    routed_at=FOUND_AT + timedelta(minutes=40),
    in_time=True,
)

acknowledge = AcknowledgeFeedback(date(2026, 4, 16))
acknowledged = FeedbackAcknowledged(feedback_id=ID, acknowledged_on=date(2026, 4, 16))
respond = RespondToFeedback(date(2026, 4, 24), OTHER_WORDS)
responded = FeedbackResponded(feedback_id=ID, responded_on=date(2026, 4, 24), elapsed_days=10, text=OTHER_WORDS)
withdraw_publishing = WithdrawConsent(ConsentScope.PUBLISH, date(2026, 5, 1))
publishing_withdrawn = ConsentWithdrawn(feedback_id=ID, scope=ConsentScope.PUBLISH, withdrawn_on=date(2026, 5, 1))
contact_withdrawn = ConsentWithdrawn(feedback_id=ID, scope=ConsentScope.CONTACT, withdrawn_on=date(2026, 4, 15))

CHANGE_WORDS = SealedText(key=f"change-{CHANGE_ID}", nonce="n6", text="x6", mark="letters before moves")
SAID = frozenset({ID})
decide = DecideChange(
    change_id=CHANGE_ID,
    themes=frozenset({Theme.COMMUNICATION}),
    place=ELM,
    feedback=SAID,
    decided_on=date(2026, 5, 5),
    text=CHANGE_WORDS,
)
about = Change(change_id=CHANGE_ID, themes=(Theme.COMMUNICATION,), place=ELM, feedback=(ID,))
decided = ChangeDecided(change=about, decided_on=date(2026, 5, 5), text=CHANGE_WORDS)
make = MakeChange(date(2026, 6, 1))
made = ChangeMade(change=about, made_on=date(2026, 6, 1))
YOU_SAID = "Nobody tells us when a worker changes."
WE_DID = "Every young person now gets a letter two weeks before."
draft = DraftYouSaidWeDid(YOU_SAID, WE_DID, Audience.CHILDREN, frozenset({ID}), "staff-author")
words = YouSaidWeDid(you_said=YOU_SAID, we_did=WE_DID, audience=Audience.CHILDREN, quoted=(ID,))
drafted = YouSaidWeDidDrafted(change_id=CHANGE_ID, words=words, drafted_by="staff-author")
publish = PublishYouSaidWeDid("staff-head", date(2026, 6, 10))
published = YouSaidWeDidPublished(
    change=about, made_on=date(2026, 6, 1), words=words, approved_by="staff-head", told_on=date(2026, 6, 10)
)
check = CheckWithRespondents(date(2026, 9, 1), CheckResult.BETTER, 12)
checked = ChangeCheckedWithRespondents(
    change_id=CHANGE_ID, checked_on=date(2026, 9, 1), result=CheckResult.BETTER, asked=12
)
