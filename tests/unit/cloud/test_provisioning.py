"""Who gets a certificate, who keeps it, and what is heard of everybody else."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloud.errors import Conflict, NotFound, Refused, TooMany
from cloud.fleet.provisioning.authority import LIST_FOR, Authority
from cloud.fleet.provisioning.model import CERTIFICATES_A_DAY, Refusal, Round, State
from cloud.fleet.provisioning.refusals import AN_HOUR_MAX
from cloud.fleet.provisioning.service import GUESSES_A_MINUTE, ProvisioningService
from cloud.fleet.provisioning.store import certificates, claims
from cloud.pages import Window
from edge.enrolment.keys import BoxKey, NotBelieved
from edge.wire.enrolment import Admission, ClaimCode, EnrolmentRequest
from edge.wire.topics import Address
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.doors import VAN, Box, deeds, enrolled, later, provisioning_of, with_door
from tests.unit.cloud.services import BROKER, Cloud, authority
from tests.unit.cloud.vehicle import OTHER_CARD, T0, Speaker


@pytest.fixture
def door(cloud: Cloud) -> ProvisioningService:
    service = provisioning_of(cloud)
    with_door(cloud, service)
    return service


def certificate_of(admission: Admission) -> x509.Certificate:
    return x509.load_pem_x509_certificate(admission.certificate.encode())


def revoked_in(pem: str) -> set[int]:
    return {one.serial_number for one in x509.load_pem_x509_crl(pem.encode())}


class TestEnrolment:
    def test_a_box_with_a_code_becomes_the_vehicle(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        assert box.admission is not None
        made = certificate_of(box.admission)
        assert [name.value for name in made.subject] == ["north", "north/van-7"]
        assert made.not_valid_before_utc < T0 < made.not_valid_after_utc == T0 + timedelta(days=90)
        usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
        assert box.admission.broker == BROKER
        [row] = door.vehicles(Window()).items
        assert (row.standing.state, row.certificate_ends_at) == (State.ADMITTED, T0 + timedelta(days=90))
        assert [(deed.by, deed.action, deed.fleet) for deed in deeds(cloud)] == [
            ("north/van-7", "enrol_vehicle", "north"),
            ("ada", "claim_vehicle", "north"),
        ]

    def test_of_a_code_only_the_public_half_is_kept(self, cloud: Cloud, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        written = cloud.database.file.read_bytes() + cloud.database.file.with_suffix(".db-wal").read_bytes()
        assert code.secret not in written
        assert code.seed not in written
        assert str(code).encode() not in written
        assert len(cloud.rows(claims)) == 1

    def test_the_code_itself_is_not_sent(self, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        sent = BoxKey.new().enrolment(code).model_dump_json()
        assert str(code) not in sent
        assert code.secret.hex() not in sent
        assert code.seed.hex() not in sent

    def test_the_same_box_gets_the_same_answer_again(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        first, code = box.admission, box.code
        assert code is not None
        later(cloud, days=1)
        assert box.enrol(door, code) == first

    def test_of_many_at_once_one_gets_in(self, cloud: Cloud, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        together = threading.Barrier(6)

        def ask() -> bool:
            box = Box()
            together.wait()
            try:
                box.enrol(door, code)
            except Refused:
                return False
            return True

        with ThreadPoolExecutor(6) as boxes:
            asked = [boxes.submit(ask) for _ in range(6)]
        assert sorted(one.result() for one in asked) == [False] * 5 + [True]
        assert len(cloud.rows(certificates)) == 1

    def test_a_used_code_lets_nobody_else_in(self, cloud: Cloud, door: ProvisioningService) -> None:
        code = enrolled(door).code
        assert code is not None
        with pytest.raises(Refused, match="opens nothing"):
            Box().enrol(door, code)
        [told] = deeds(cloud, "refused_enrolment")
        assert (told.by, told.subject, told.fleet) == ("192.0.2.7", "a code that is used, for north/van-7", "north")

    @pytest.mark.parametrize("why", ["expired", "withdrawn"])
    def test_a_code_that_has_ended(self, cloud: Cloud, door: ProvisioningService, why: str) -> None:
        code, _ = door.add(VAN, by="ada")
        if why == "expired":
            later(cloud, days=7)
        else:
            door.add(VAN, by="ada")
        with pytest.raises(Refused, match="opens nothing"):
            Box().enrol(door, code)
        assert [told.subject for told in deeds(cloud, "refused_enrolment")] == [
            f"a code that is {why}, for north/van-7"
        ]

    def test_a_code_that_nobody_made(self, cloud: Cloud, door: ProvisioningService) -> None:
        with pytest.raises(Refused, match="opens nothing"):
            Box().enrol(door, ClaimCode(bytes(10), bytes(10)))
        assert [told.subject for told in deeds(cloud, "refused_enrolment")] == ["a code that is not known"]

    def test_another_key_cannot_be_put_in_on_the_way(self, cloud: Cloud, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        asked, thief = BoxKey.new().enrolment(code), BoxKey.new().enrolment(ClaimCode(bytes(10), bytes(10)))
        with pytest.raises(Refused, match="opens nothing"):
            door.enrol(asked.model_copy(update={"request": thief.request}), sender="between")
        assert [told.subject for told in deeds(cloud, "refused_enrolment")] == [
            "a code that is not the sender's, for north/van-7"
        ]

    def test_names_in_the_request_count_for_nothing(self, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "telltale-cloud")])
        admission = door.enrol(
            signed(code, x509.CertificateSigningRequestBuilder().subject_name(name), key), sender="x"
        )
        assert [one.value for one in certificate_of(admission).subject] == ["north", "north/van-7"]

    @pytest.mark.parametrize("kind", ["rsa", "p384", "noise", "altered"])
    def test_a_request_that_is_no_good(self, door: ProvisioningService, kind: str) -> None:
        code, _ = door.add(VAN, by="ada")
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        if kind == "rsa":
            wish = signed(code, builder, rsa.generate_private_key(65537, 2048))
        elif kind == "p384":
            wish = signed(code, builder, ec.generate_private_key(ec.SECP384R1()))
        else:
            wish = BoxKey.new().enrolment(code)
            pem = "noise" if kind == "noise" else altered(wish.request)
            wish = wish.model_copy(update={"request": pem})
        with pytest.raises(Refused, match=r"of EC P-256|no certificate request|not signed by its own key"):
            door.enrol(wish, sender="x")

    def test_guesses_are_turned_away_and_good_codes_are_not(self, cloud: Cloud, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        wish = BoxKey.new().enrolment(ClaimCode(bytes(10), bytes(10)))
        for _ in range(GUESSES_A_MINUTE):
            with pytest.raises(Refused):
                door.enrol(wish, sender="guesser")
        with pytest.raises(TooMany):
            door.enrol(wish, sender="guesser")
        Box().enrol(door, code)
        later(cloud, minutes=1)
        with pytest.raises(Refused):
            door.enrol(wish, sender="guesser")
        assert len(deeds(cloud, "refused_enrolment")) == 1, "what is alike is one line an hour"

    def test_names_too_long_for_a_certificate_are_refused_at_once(self, door: ProvisioningService) -> None:
        with pytest.raises(Refused, match="63"):
            door.add(Address("f" * 40, "v" * 40), by="ada")

    def test_who_is_in_needs_no_code(self, door: ProvisioningService) -> None:
        enrolled(door)
        with pytest.raises(Conflict, match="replace"):
            door.add(VAN, by="ada")


class TestBox:
    """What a box believes."""

    def test_another_authority_is_not_believed(self, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        key = BoxKey.new()
        impostor = Authority.new("Fleet", T0)
        good = door.enrol(key.enrolment(code), sender="x")
        public = x509.load_pem_x509_certificate(good.certificate.encode()).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        forged = impostor.admit(VAN, public, T0, 90).pem
        for answer in (
            good.model_copy(update={"authority": impostor.pem, "certificate": forged}),
            good.model_copy(update={"certificate": forged}),
            good.model_copy(update={"authority": impostor.pem}),
            good.model_copy(update={"certificate": authority().pem}),
        ):
            with pytest.raises(NotBelieved):
                key.believe(answer, pin=code.pin)
        assert key.believe(good, pin=code.pin).address == VAN

    def test_a_certificate_for_another_key_is_not_believed(self, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        answer = door.enrol(BoxKey.new().enrolment(code), sender="x")
        with pytest.raises(NotBelieved, match="not for the key of this box"):
            BoxKey.new().believe(answer, pin=code.pin)

    def test_a_program_s_certificate_makes_no_vehicle(self) -> None:
        pem = authority().server(["broker.example"], T0)
        key = BoxKey.read(pem)
        answer = Admission(certificate=pem[pem.index("-----BEGIN CERT") :], authority=authority().pem, broker=BROKER)
        with pytest.raises(NotBelieved, match="not a vehicle's"):
            key.believe(answer, pin=authority().pin)


class TestRenewal:
    def test_the_next_certificate_is_for_another_key(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        later(cloud, days=60)
        admission = box.renew(door)
        assert box.key.believe(admission, pin=authority().pin).address == VAN
        assert certificate_of(admission).not_valid_after_utc == cloud.now + timedelta(days=90)
        assert len(deeds(cloud, "renew_certificate")) == 1

    def test_the_same_request_gets_the_same_answer(self, cloud: Cloud, door: ProvisioningService) -> None:
        box, key = enrolled(door), BoxKey.new()
        wish = key.renewal(box.key, box.admission.certificate if box.admission else "")
        assert door.renew(wish, sender="x") == door.renew(wish, sender="x")
        assert len(deeds(cloud, "renew_certificate")) == 1

    def test_a_vehicle_that_stood_for_months_comes_back(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        later(cloud, days=90 + 364)
        box.renew(door)

    def test_one_that_stood_for_too_long_needs_a_code(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        later(cloud, days=90 + 366)
        with pytest.raises(Refused, match="over since"):
            box.renew(door)

    def test_an_old_copy_of_a_box_is_not_the_box(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        copy = Box(box.key, box.admission)
        later(cloud, days=60)
        box.renew(door)
        later(cloud, days=31)
        with pytest.raises(Refused, match="has a successor"):
            copy.renew(door)
        later(cloud, days=100)
        box.renew(door)

    def test_who_is_out_gets_no_other(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        door.revoke(VAN, by="ada")
        with pytest.raises(Refused, match="revoked"):
            box.renew(door)
        [told] = deeds(cloud, "refused_renewal")
        assert (told.by, told.fleet) == ("north/van-7", "north")

    def test_the_certificate_alone_is_not_enough(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        assert box.admission is not None
        thief = BoxKey.new()
        with pytest.raises(Refused, match="not signed by the key of this certificate"):
            door.renew(thief.renewal(thief, box.admission.certificate), sender="thief")
        assert [told.by for told in deeds(cloud, "refused_renewal")] == ["thief"]

    def test_a_foreign_certificate_is_not_renewed(self, door: ProvisioningService) -> None:
        key = BoxKey.new()
        foreign = Authority.new("Fleet", T0)
        public = BoxKey.new()
        request = x509.load_pem_x509_csr(key.enrolment(ClaimCode(bytes(10), bytes(10))).request.encode())
        own = request.public_key()
        assert isinstance(own, ec.EllipticCurvePublicKey)
        with pytest.raises(Refused, match="not of this authority"):
            door.renew(public.renewal(key, foreign.admit(VAN, own, T0, 90).pem), sender="x")

    def test_a_program_s_certificate_does_not_become_a_vehicle_s(self, door: ProvisioningService) -> None:
        pem = authority().program("telltale-cloud", T0)
        key = BoxKey.read(pem)
        with pytest.raises(Refused, match="not a vehicle's"):
            door.renew(BoxKey.new().renewal(key, pem[pem.index("-----BEGIN CERT") :]), sender="x")

    def test_who_has_a_key_cannot_fill_the_disk(self, cloud: Cloud, door: ProvisioningService) -> None:
        box = enrolled(door)
        for _ in range(CERTIFICATES_A_DAY - 1):
            box.renew(door)
        with pytest.raises(TooMany):
            box.renew(door)
        later(cloud, days=1)
        box.renew(door)


class TestOut:
    def test_a_revoked_vehicle_is_on_the_list_with_all_its_certificates(
        self, cloud: Cloud, door: ProvisioningService
    ) -> None:
        box = enrolled(door)
        assert box.admission is not None
        serials = {certificate_of(box.admission).serial_number}
        before = door.door(Round("helper", 0, None))
        assert (before.change, revoked_in(before.revocation_list), before.denied, before.out) == (0, set(), (), ())
        serials.add(certificate_of(box.renew(door)).serial_number)
        door.revoke(VAN, by="ada", why="stolen")
        after = door.door(Round("helper", before.change, None))
        assert (after.change, revoked_in(after.revocation_list), after.denied) == (1, serials, (VAN,))
        assert [(out.address, out.change) for out in after.out] == [(VAN, 1)]
        assert [row.is_shut for row in door.vehicles(Window()).items] == [False]
        assert door.door(Round("helper", after.change, None)).out == ()
        assert [row.is_shut for row in door.vehicles(Window()).items] == [True]
        door.door(Round("another helper", 0, None))
        assert [row.is_shut for row in door.vehicles(Window()).items] == [False], "each broker counts"
        assert deeds(cloud, "revoke_vehicle")[0].note == "stolen; 2 certificates"

    def test_revoking_again_changes_nothing(self, cloud: Cloud, door: ProvisioningService) -> None:
        enrolled(door)
        assert door.revoke(VAN, by="ada") == door.revoke(VAN, by="bob")
        assert [deed.by for deed in deeds(cloud, "revoke_vehicle")] == ["ada"]

    def test_who_was_never_in_cannot_be_put_out(self, door: ProvisioningService) -> None:
        with pytest.raises(NotFound):
            door.revoke(VAN, by="ada")
        with pytest.raises(NotFound):
            door.replace(VAN, by="ada")

    def test_a_code_that_waits_is_revoked_too(self, door: ProvisioningService) -> None:
        code, _ = door.add(VAN, by="ada")
        door.revoke(VAN, by="ada")
        with pytest.raises(Refused):
            Box().enrol(door, code)

    def test_the_list_is_made_anew_each_day_and_lives_for_long(self, cloud: Cloud, door: ProvisioningService) -> None:
        def number(pem: str) -> int:
            return (
                x509.load_pem_x509_crl(pem.encode()).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            )

        first = door.door(Round("helper", 0, None)).revocation_list
        assert door.door(Round("helper", 0, None)).revocation_list == first
        later(cloud, days=1)
        second = door.door(Round("helper", 0, None)).revocation_list
        assert number(second) == number(first) + 1
        read = x509.load_pem_x509_crl(second.encode())
        assert read.last_update_utc < cloud.now
        assert read.next_update_utc == cloud.now + LIST_FOR

    def test_what_has_run_out_needs_no_place_on_the_list(self, cloud: Cloud, door: ProvisioningService) -> None:
        enrolled(door)
        door.revoke(VAN, by="ada")
        later(cloud, days=92)
        assert revoked_in(door.door(Round("helper", 0, None)).revocation_list) == set()

    def test_alarms(self, cloud: Cloud, door: ProvisioningService) -> None:
        assert door.trouble() == ""
        enrolled(door)
        assert "no helper" in door.trouble()
        door.door(Round("key/helper", 0, cloud.now + timedelta(days=30)))
        assert door.trouble() == ""
        later(cloud, minutes=6)
        assert "key/helper is silent since" in door.trouble()
        door.door(Round("key/helper", 0, cloud.now + timedelta(days=13)))
        assert "nobody gets in" in door.trouble()
        later(cloud, days=31)
        door.door(Round("key/another", 0, cloud.now + timedelta(days=30)))
        assert door.trouble() == "", "the broker of the first is no more"


class TestReplacement:
    def test_the_past_stays_and_the_old_box_is_out(self, cloud: Cloud, door: ProvisioningService) -> None:
        old = enrolled(door)
        assert old.admission is not None
        before, after = Speaker(), Speaker(card=OTHER_CARD)
        assert [ack.upto for ack in cloud.take(before.say(says.trip(1), 1))] == [1]
        code, _ = door.replace(VAN, by="ada")
        assert cloud.take(before.say(says.trip(2), 2)) == [], "nobody speaks for it in between"
        new = Box()
        new.enrol(door, code)
        assert [ack.upto for ack in cloud.take(after.say(says.trip(3), 1))] == [1]
        assert cloud.take(before.say(says.trip(4), 3)) == [], "the streams of the old box are closed"
        trips = cloud.rows(trips_table())
        assert len(trips) == 2, "one vehicle with one past"
        assert {row["vehicle"] for row in trips} == {"van-7"}
        at_the_door = door.door(Round("helper", 0, None))
        assert revoked_in(at_the_door.revocation_list) == {certificate_of(old.admission).serial_number}
        assert at_the_door.denied == ()
        with pytest.raises(Refused):
            old.renew(door)
        new.renew(door)
        assert {told.subject for told in deeds(cloud, "refused_message")} == {
            "has not enrolled yet",
            "has another box now",
        }


class TestInbox:
    def test_who_is_out_is_not_heard_and_not_acknowledged(self, cloud: Cloud, door: ProvisioningService) -> None:
        enrolled(door)
        van = Speaker()
        assert cloud.take(van.say(says.alert(1), 1))
        door.revoke(VAN, by="ada")
        assert cloud.take(*(van.say(says.alert(n), n) for n in range(2, 50))) == []
        [told] = deeds(cloud, "refused_message")
        assert (told.by, told.subject, told.note, told.fleet) == ("north/van-7", "is revoked", "48 times", "north")
        assert cloud.counts()["refused_message"] == 48
        assert "messages_new" in cloud.counts()
        assert cloud.counts()["messages_new"] == 1

    @pytest.mark.usefixtures("door")
    def test_a_stranger_leaves_nothing_but_a_line(self, cloud: Cloud) -> None:
        assert cloud.take(Speaker("van-8").say(says.alert(1), 1)) == []
        assert [told.subject for told in deeds(cloud, "refused_message")] == ["was never let in"]
        assert cloud.fleet.vehicles(everything(), Window()).items == []

    def test_while_a_fleet_moves_over_strangers_may_speak(self, cloud: Cloud) -> None:
        with_door(cloud, provisioning_of(cloud, strangers=True))
        assert cloud.take(Speaker("van-8").say(says.alert(1), 1))

    def test_an_hour_has_so_many_lines(self, cloud: Cloud, door: ProvisioningService) -> None:
        door.refusals.note([Refusal("publish", f"north/van-{n}", "x") for n in range(AN_HOUR_MAX + 7)])
        assert len(deeds_of_an_hour(cloud)) == AN_HOUR_MAX
        assert cloud.counts()["refusals_untold"] == 7
        later(cloud, hours=1)
        door.refusals.note([Refusal("publish", "north/van-0", "x", times=3)])
        assert deeds(cloud, "refused_publish")[0].note == "3 times since it was last told"


def deeds_of_an_hour(cloud: Cloud) -> list[Any]:
    return deeds(cloud, "refused_publish")


def signed(code: ClaimCode, builder: x509.CertificateSigningRequestBuilder, key: Any) -> EnrolmentRequest:
    """A request of any key, signed with the code."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - here alone

    from edge.wire.enrolment import enrolment_text  # noqa: PLC0415 - here alone

    request = builder.sign(key, hashes.SHA256())
    claim = Ed25519PrivateKey.from_private_bytes(code.seed)
    return EnrolmentRequest(
        claim=claim.public_key().public_bytes_raw().hex(),
        request=request.public_bytes(Encoding.PEM).decode(),
        signature=claim.sign(enrolment_text(request.public_bytes(Encoding.DER))).hex(),
    )


def altered(pem: str) -> str:
    """The same request with a signature that is not its key's."""
    lines = pem.strip().splitlines()
    last = lines[-2]
    lines[-2] = last[:-8] + ("AAAA" if last[-8:-4] != "AAAA" else "BBBB") + last[-4:]
    return "\n".join(lines) + "\n"


def trips_table() -> Any:
    from cloud.fleet.trip_store import trips  # noqa: PLC0415 - here alone

    return trips


def everything() -> Any:
    from cloud.fleet.model import VehicleFilter  # noqa: PLC0415 - here alone

    return VehicleFilter()
