"""eventsourcing's ProjectionRunner into MongoDB: each event and its tracking id in one transaction.

It reads the library's own store, not Kafka.
"""

from typing import Any

from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from pymongo import MongoClient, UpdateOne

from benchmarks.peers.task import Task
from benchmarks.peers.workers.cases import Cases, store
from benchmarks.yardstick import Event, changes, counter_ids, fact_of

task = Task.given()
client = MongoClient(task.mongo)
database = client[task.database]


class MongoView(POPOTrackingRecorder):
    """Facts and counters; what was tracked last is kept beside them."""

    def apply(self, event: Event, tracking: Tracking) -> None:
        def work(session: Any) -> None:
            before = database.facts.find_one_and_update(
                {"_id": event["stream"]}, {"$set": fact_of(event)}, upsert=True, session=session
            )
            changed = changes(event, before)
            database.counters.bulk_write(
                [UpdateOne({"_id": id_}, {"$inc": changed}, upsert=True) for id_ in counter_ids(event)],
                session=session,
            )
            database.tracking.update_one(
                {"_id": tracking.application_name},
                {"$set": {"n": tracking.notification_id}},
                upsert=True,
                session=session,
            )

        with client.start_session() as session:
            session.with_transaction(work)

    def max_tracking_id(self, application_name: str) -> int | None:
        tracked = database.tracking.find_one({"_id": application_name})
        return tracked and tracked["n"]


class Report(Projection[MongoView]):
    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.apply(domain_event.said, tracking)


def main() -> None:
    for name in {"facts", "counters", "tracking"} - set(database.list_collection_names()):
        database.create_collection(name)
    settings = {**store(task.source), "REPORT_PERSISTENCE_MODULE": "eventsourcing.popo"}
    with ProjectionRunner(
        application_class=Cases, projection_class=Report, view_class=MongoView, env=settings
    ) as runner:
        runner.run_forever()


if __name__ == "__main__":
    main()
