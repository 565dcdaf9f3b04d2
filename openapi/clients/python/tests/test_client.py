"""End-to-end tests; openapi/tests starts the servers that they talk to."""

import os
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

import httpx

from primatomic import Primatomic, PrimatomicError
from primatomic.generated.api.authentication import exchange_key
from primatomic.generated.api.logs import list_logs
from primatomic.generated.api.tenants import get_tenant
from primatomic.generated.models import ExchangeBody, Retention
from primatomic.stream import messages

NUMBERS = count(1)


def client(**options):
    return Primatomic(os.environ["PRIMATOMIC_URL"], os.environ["PRIMATOMIC_API_KEY"], **options)


def limited(**options):
    """A server whose tenant may send 20 requests a second, and 5 at once."""
    return Primatomic(os.environ["LIMITED_URL"], os.environ["LIMITED_API_KEY"], **options)


def fresh_name():
    return f"python-{os.getpid()}-{next(NUMBERS)}"


class Faulty(httpx.BaseTransport):
    """Sends requests, and spoils the answers of those that `spoil` takes an interest in."""

    def __init__(self, spoil):
        self.inner = httpx.HTTPTransport()
        self.spoil = spoil

    def handle_request(self, request):
        return self.spoil(request, self.inner.handle_request(request))


class Client(unittest.TestCase):
    def setUp(self):
        self.primatomic = self.enterContext(client())

    def test_events_come_back_with_their_bytes(self):
        log = self.primatomic.create_log(fresh_name(), retention=Retention.ARCHIVE)
        self.assertEqual(log.append({"inc": 1}), 1)
        self.assertEqual(log.append_batch(["text", b"\x00\xff\n\r", b""]), [2, 3, 4])
        events = list(log.events())
        self.assertEqual([event.sequence for event in events], [1, 2, 3, 4])
        self.assertEqual(events[0].json(), {"inc": 1})
        self.assertEqual(events[1].text(), "text")
        self.assertEqual([event.data for event in events[2:]], [b"\x00\xff\n\r", b""])
        found = log.events(at="2020-01-01T00:00:00Z", text="te", filter="@ == 1")
        self.assertEqual(list(found), [])
        newest = log.events(direction="backward", limit=2)
        self.assertEqual([event.sequence for event in newest], [4, 3])

    def test_many_events_go_in_batches_and_come_back_page_by_page(self):
        log = self.primatomic.create_log(fresh_name())
        events = ({"number": number} for number in range(2500))
        self.assertEqual(list(log.append_all(events, batch_events=1000)), [1000, 2000, 2500])
        by_size = log.append_all(["1234", "5678", "9"], batch_bytes=9)
        self.assertEqual(list(by_size), [2501, 2503])
        self.assertEqual(sum(1 for _ in log.events()), 2503)

    def test_an_error_has_its_status_code_and_request_id(self):
        with self.assertRaises(PrimatomicError) as caught:
            self.primatomic.log("no-such-log").append("x")
        error = caught.exception
        self.assertEqual((error.status, error.code), (404, "log_not_found"))
        self.assertRegex(error.request_id, "^[0-9a-f-]{36}$")
        log = self.primatomic.create_log(fresh_name())
        with self.assertRaises(PrimatomicError) as caught:
            log.append("x", expected_sequence=3)
        self.assertEqual(caught.exception.code, "sequence_mismatch")
        self.assertEqual(caught.exception.body["head"], 0)
        stranger = self.enterContext(Primatomic(os.environ["PRIMATOMIC_URL"], "nobody"))
        with self.assertRaises(PrimatomicError) as caught:
            stranger.call(list_logs)
        self.assertEqual(caught.exception.status, 401)

    def test_an_append_whose_answer_was_lost_is_sent_again_and_stored_once(self):
        attempts = []

        def lose_the_first(request, answer):
            if request.url.path.endswith("/append"):
                attempts.append(request.headers["Idempotency-Key"])
                if len(attempts) == 1:
                    answer.read()
                    raise httpx.ReadError("the connection broke")
            return answer

        with client(transport=Faulty(lose_the_first)) as primatomic:
            log = primatomic.create_log(fresh_name())
            self.assertEqual(log.append("once"), 1)
            self.assertEqual(log.get().head_sequence, 1)
        self.assertEqual(len(attempts), 2)
        self.assertEqual(len(set(attempts)), 1)

    def test_what_was_refused_for_its_rate_is_sent_again(self):
        with limited() as patient, ThreadPoolExecutor(20) as pool:
            calls = [pool.submit(patient.call, list_logs) for _ in range(20)]
            self.assertTrue(all(call.result() for call in calls))
        with limited(retries=0) as impatient, ThreadPoolExecutor(20) as pool:
            calls = [pool.submit(impatient.call, list_logs) for _ in range(20)]
            refused = [call.exception() for call in calls if call.exception()]
        self.assertTrue(refused)
        self.assertEqual((refused[0].status, refused[0].code), (429, "rate_limited"))

    def test_a_tail_goes_on_where_its_connection_broke(self):
        connections = []

        class Cut(httpx.SyncByteStream):
            def __init__(self, inner):
                self.inner = inner

            def __iter__(self):
                seen = 0
                for chunk in self.inner:
                    yield chunk
                    seen += chunk.count(b"data:")
                    if seen >= 3:
                        raise httpx.ReadError("the connection broke")

            def close(self):
                self.inner.close()

        def cut_twice(request, answer):
            if request.headers["Accept"] == "text/event-stream":
                connections.append(request.headers.get("Last-Event-ID"))
                if len(connections) <= 2:
                    answer.stream = Cut(answer.stream)
            return answer

        with client(transport=Faulty(cut_twice)) as primatomic:
            log = primatomic.create_log(fresh_name())
            log.append_batch(["1", "2", "3", "4", "5"])
            tail = log.tail(start=1)
            seen = [event.text() for event in islice(tail, 5)]
            log.append("6")
            seen.append(next(tail).text())
            tail.close()
        self.assertEqual(seen, ["1", "2", "3", "4", "5", "6"])
        self.assertIsNone(connections[0])
        self.assertGreater(len(connections), 1)

    def test_a_tail_from_the_end_has_what_comes_later(self):
        log = self.primatomic.create_log(fresh_name())
        log.append("before")
        threading.Thread(target=lambda: (time.sleep(0.3), log.append("after"))).start()
        tail = log.tail()
        self.assertEqual(next(tail).text(), "after")
        tail.close()

    def test_a_query_reflects_what_was_appended_before(self):
        log = self.primatomic.create_log(fresh_name())
        view = log.view("counter")
        component = Path(os.environ["COUNTER_COMPONENT"]).read_bytes()
        self.assertEqual(view.deploy(component, content_type="application/json"), 1)
        for number in range(1, 6):
            sequence = log.append({"inc": 10})
            answer = view.query(after=sequence)
            self.assertEqual(answer.json(), {"value": number * 10})
            self.assertGreaterEqual(answer.sequence, sequence)
            self.assertEqual(answer.content_type, "application/json")
        with self.assertRaises(PrimatomicError) as caught:
            view.query(after=99, timeout_ms=50)
        self.assertEqual((caught.exception.status, caught.exception.code), (504, "view_behind"))
        with self.assertRaises(PrimatomicError) as caught:
            view.deploy(b"123")
        self.assertEqual(caught.exception.code, "invalid_component")

    def test_generated_operations_answer_with_their_models(self):
        body = ExchangeBody(api_key=os.environ["PRIMATOMIC_API_KEY"])
        token = self.primatomic.call(exchange_key, body=body).access_token
        with Primatomic(os.environ["PRIMATOMIC_URL"], token) as primatomic:
            self.assertEqual(primatomic.call(get_tenant).short_name, "dev")


class Stream(unittest.TestCase):
    def test_messages_are_the_same_however_the_bytes_arrive(self):
        stream = (
            b": x\n\nid: 7\ndata: {}\n\nevent: scanned\ndata: 1\n\n"
            b"event: message\r\ndata:x\r\ndata: y\r\n\r\nid: 9\n\ndata: z"
        )
        for size in range(1, len(stream)):
            chunks = (stream[at : at + size] for at in range(0, len(stream), size))
            self.assertEqual(list(messages(chunks)), ["{}", "x\ny"], size)


if __name__ == "__main__":
    unittest.main()
