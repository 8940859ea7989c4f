"""Walks through the Cloud API with pywa, as its users do, against the emulator. One line for each step."""

import os
import sys
import traceback

import httpx
from pywa import WhatsApp, types
from pywa.errors import WhatsAppError
from pywa.types.templates import (
    BodyText,
    Buttons,
    FooterText,
    HeaderText,
    ParamFormat,
    QuickReplyButton,
    Template,
    TemplateCategory,
    TemplateLanguage,
    URLButton,
)

BASE = httpx.URL(os.environ["EMULATOR_URL"])
PERSON = os.environ["EMULATOR_PERSON"]
ARRIVED = os.environ["EMULATOR_ARRIVED"]
NUMBER = os.environ["EMULATOR_NUMBER"]
WABA = os.environ["EMULATOR_WABA"]
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8ffff3f0005fe02fea735819c0000000049454e44ae426082"
)


class ToTheEmulator(httpx.HTTPTransport):
    """pywa names the host itself; the emulator stands in for it."""

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme=BASE.scheme, host=BASE.host, port=BASE.port)
        request.headers["Host"] = f"{BASE.host}:{BASE.port}"
        return super().handle_request(request)


wa = WhatsApp(
    phone_id=NUMBER,
    waba_id=WABA,
    token=os.environ["EMULATOR_TOKEN"],
    session=httpx.Client(transport=ToTheEmulator(), timeout=20),
    server=None,
)
failed = 0


def step(name):
    """Runs a step at once and says how it went."""

    def run(work):
        global failed
        try:
            work()
            print(f"ok     {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc(limit=-3)}", flush=True)

    return run


def holds(what, shown=""):
    if not what:
        raise AssertionError(shown or "it does not hold")


@step("the number, by itself and in its account, with every field")
def _():
    one = wa.get_business_phone_number()
    holds(one.id == NUMBER and one.verified_name and one.display_phone_number and one.status == "CONNECTED", one)
    holds([phone.id for phone in wa.get_business_phone_numbers()] == [NUMBER])


@step("the business account, with every field")
def _():
    account = wa.get_business_account()
    holds(account.id == WABA and account.name and account.timezone_id, account)


@step("settings, commerce and opening questions of the number")
def _():
    wa.get_business_phone_number_settings()
    holds(wa.get_commerce_settings().is_cart_enabled is not None)
    holds(wa.update_commerce_settings(is_cart_enabled=False, is_catalog_visible=True))
    holds(wa.get_commerce_settings().is_cart_enabled is False)
    holds(wa.update_conversational_automation(ice_breakers=["Are you open?"], commands=[types.Command("hours", "When we are open")]))
    automation = wa.get_business_phone_number().conversational_automation
    holds(automation.ice_breakers == ("Are you open?",) and automation.commands[0].name == "hours", automation)


@step("registering and unregistering")
def _():
    holds(wa.register_phone_number(pin="123456"))
    holds(wa.deregister_phone_number())
    holds(wa.register_phone_number(pin="123456"))


@step("the profile is read, changed and read again")
def _():
    holds(wa.get_business_profile().industry)
    holds(
        wa.update_business_profile(
            about="Plants since 1998",
            email="shop@example.com",
            industry=types.Industry.RETAIL,
            websites=["https://shop.example/"],
        )
    )
    profile = wa.get_business_profile()
    holds(profile.about == "Plants since 1998" and profile.industry == types.Industry.RETAIL, profile)
    holds(profile.websites == ("https://shop.example/",), profile)


@step("text, an answer, buttons, a list, a link")
def _():
    sent = wa.send_message(to=PERSON, text="Hello", tracker="mine-1")
    holds(sent.id.startswith("wamid."), sent)
    wa.send_message(to=PERSON, text="To your question", reply_to_message_id=ARRIVED, preview_url=True)
    wa.send_message(
        to=PERSON,
        text="How can I help?",
        header="Welcome",
        footer="Green Leaf",
        buttons=[types.Button(title="Menu", callback_data="menu"), types.Button(title="Help", callback_data="help")],
    )
    wa.send_message(
        to=PERSON,
        text="Choose",
        buttons=types.SectionList(
            button_title="Plants",
            sections=[types.Section("Indoor", [types.SectionRow("Fern", callback_data="fern", description="Likes shade")])],
        ),
    )
    wa.send_message(to=PERSON, text="Our site", buttons=types.URLButton(title="Open", url="https://shop.example/"))


@step("places, cards, reactions and requests")
def _():
    wa.send_location(to=PERSON, latitude=13.08, longitude=80.27, name="Shop", address="1 Mount Road")
    wa.request_location(to=PERSON, text="Where to?")
    wa.request_contact_info(to=PERSON, text="Whom do we call?")
    card = types.Contact(
        name=types.Contact.Name(formatted_name="Ravi Kumar", first_name="Ravi"),
        phones=[types.Contact.Phone(phone="+919840012345", type="WORK")],
        emails=[types.Contact.Email(email="ravi@example.com")],
        org=types.Contact.Org(company="Green Leaf"),
        addresses=[types.Contact.Address(city="Chennai", country="India")],
        urls=[types.Contact.Url(url="https://shop.example/")],
        birthday="1990-02-03",
    )
    wa.send_contact(to=PERSON, contact=card)
    wa.send_contact(to=PERSON, contact=[card, card])
    wa.send_reaction(to=PERSON, emoji="🌱", message_id=ARRIVED)
    wa.remove_reaction(to=PERSON, message_id=ARRIVED)


@step("read and typing")
def _():
    holds(wa.mark_message_as_read(ARRIVED))
    holds(wa.indicate_typing(ARRIVED))


@step("a file is uploaded, looked up, downloaded, sent and deleted")
def _():
    media = wa.upload_media(PICTURE, mime_type="image/png", filename="leaf.png")
    found = wa.get_media_url(media.id)
    holds(found.mime_type == "image/png", found)
    holds(wa.get_media_bytes(found.url) == PICTURE)
    wa.send_image(to=PERSON, image=media, caption="A leaf")
    wa.send_image(to=PERSON, image="https://shop.example/leaf.png")
    wa.send_document(to=PERSON, document=b"%PDF-1.4 price list", filename="prices.pdf", mime_type="application/pdf")
    wa.send_video(to=PERSON, video="https://shop.example/leaf.mp4", caption="It grows")
    wa.send_audio(to=PERSON, audio="https://shop.example/leaf.mp3")
    wa.send_sticker(to=PERSON, sticker="https://shop.example/leaf.webp")
    holds(wa.delete_media(media_id=media.id, phone_id=NUMBER))
    try:
        wa.get_media_url(media.id)
    except WhatsAppError as error:
        holds(error.code == 100 and error.subcode == 33, error)
    else:
        raise AssertionError("a deleted file is still there")


@step("templates are listed page by page, with every field and a summary")
def _():
    first = wa.get_templates(pagination=types.Pagination(limit=2))
    holds(len(first) == 2 and first.has_next and not first.has_previous, first)
    holds(first.total_count > 2 and first.message_template_limit > 0, first)
    # This version of pywa cannot follow the addresses of pages of templates itself, so its own request does.
    rows = wa.api.send_raw_request("GET", first._next_url)
    holds(rows["data"] and rows["paging"]["previous"] and rows["summary"]["total_count"] == first.total_count, rows)
    second = wa.get_templates(pagination=types.Pagination(limit=2, after=first.after))
    holds([one.id for one in second] == [row["id"] for row in rows["data"]], second)
    again = wa.get_templates(pagination=types.Pagination(limit=2, before=second.before))
    holds([one.id for one in again] == [one.id for one in first], again)
    holds(len(wa.get_templates(pagination=types.Pagination(limit=100))) == first.total_count, first)
    approved = wa.get_templates(statuses=["APPROVED", "REJECTED"], categories=["UTILITY"])
    holds(approved and all(one.status == "APPROVED" and one.category == "UTILITY" for one in approved), approved)


@step("a template is made, found, used, changed and deleted")
def _():
    header = HeaderText("Your order {{order_id}} has shipped!", order_id="12345")
    body = BodyText("Track it with code {{code}} on our site.", code="ABC123")
    link = URLButton(text="Track", url="https://example.com/track/{{1}}", example="12345")
    made = wa.create_template(
        Template(
            name="order_update",
            category=TemplateCategory.UTILITY,
            language=TemplateLanguage.ENGLISH_US,
            parameter_format=ParamFormat.NAMED,
            components=[header, body, FooterText(text="Green Leaf"), Buttons(buttons=[link, QuickReplyButton(text="Stop")])],
        )
    )
    holds(made.id, made)
    for _ in range(100):
        found = wa.get_template(made.id)
        if found.status == "APPROVED":
            break
    holds(found.name == "order_update" and found.status == "APPROVED", found)
    sent = wa.send_template(
        to=PERSON,
        name="order_update",
        language=TemplateLanguage.ENGLISH_US,
        params=[header.params(order_id="67890"), body.params(code="XYZ"), link.params(url_variable="67890", index=0)],
    )
    holds(sent.id.startswith("wamid."), sent)
    holds(wa.update_template(made.id, new_components=[BodyText("A shorter text.")]))
    holds(wa.delete_template("order_update", template_id=made.id))
    try:
        wa.get_template(made.id)
    except WhatsAppError as error:
        holds(error.code == 100, error)
    else:
        raise AssertionError("a deleted template is still there")


@step("message links are made, listed, changed and deleted")
def _():
    made = wa.create_qr_code(prefilled_message="Hello, I saw your window", image_type="SVG")
    holds(made.deep_link_url.endswith(made.code) and made.qr_image_url, made)
    holds(httpx.get(made.qr_image_url).headers["content-type"].startswith("image/"))
    holds(wa.get_qr_code(made.code, image_type="PNG").qr_image_url)
    holds(wa.update_qr_code(made.code, "Hello again").prefilled_message == "Hello again")
    holds([one.prefilled_message for one in wa.get_qr_codes()] == ["Hello again"])
    holds(wa.delete_qr_code(made.code))
    holds(wa.get_qr_code(made.code) is None)
    holds(len(wa.get_qr_codes()) == 0)


@step("people are blocked, listed and let in again")
def _():
    blocked = wa.block_users([PERSON])
    holds([user.wa_id for user in blocked.added_users] == [PERSON] and not blocked.errors, blocked)
    holds([user.wa_id for user in wa.get_blocked_users()] == [PERSON])
    freed = wa.unblock_users([PERSON])
    holds([user.wa_id for user in freed.removed_users] == [PERSON], freed)
    holds(len(wa.get_blocked_users()) == 0)


@step("where webhooks go is changed and given back")
def _():
    wa.delete_waba_callback_url()
    wa.delete_phone_callback_url()


@step("what the emulator does not have is refused in Meta's words")
def _():
    for ask in (
        lambda: wa.get_flows(),
        lambda: wa.get_business_phone_number(phone_id="4711"),
        lambda: wa.api.send_raw_request("GET", "/"),
        lambda: wa.api.send_raw_request("PATCH", f"/{NUMBER}/messages"),
        lambda: wa.api.send_raw_request("GET", f"/{NUMBER}", params={"fields": "id,colour"}),
    ):
        try:
            ask()
        except WhatsAppError as error:
            holds(error.code == 100, error)
            holds(error.raw_response.headers["content-type"].startswith("application/json"))
        else:
            raise AssertionError("it was not refused")


sys.exit(1 if failed else 0)
