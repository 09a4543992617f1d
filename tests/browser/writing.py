"""The keys of who writes in the editor, and what stands in it."""

from tests.factories import make_article


class Writing:
    """An article's form in the browser, and the keys of who writes."""

    def __init__(self, page):
        self.page = page
        self.text = page.locator(".cm-content")
        self.field = page.locator("#id_body")
        self.keys = page.keyboard
        self.cdp = page.context.new_cdp_session(page)

    def body(self):
        return self.field.input_value()

    def press(self, *keys):
        for key in keys:
            self.keys.press(key)

    def press_until(self, body, key):
        for _time in range(40):
            if self.body() == body:
                return
            self.press(key)
        assert self.body() == body

    def tool(self, name):
        self.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()

    def line(self, number):
        """Put the cursor at the end of a line."""
        self.text.locator(".cm-line").nth(number).click()
        self.press("End")

    def compose(self, *steps):
        """Type Hangul as an input method does: what is composed so far, then the whole."""
        for step in steps:
            end = len(step)
            self.cdp.send(
                "Input.imeSetComposition",
                {"text": step, "selectionStart": end, "selectionEnd": end},
            )
        self.cdp.send("Input.insertText", {"text": steps[-1]})


def expect_working_copy(page, text):
    """Expect that the server takes a working copy with `text`, typed within the `with` block.

    The line that tells of it may still tell of the one before.
    """

    def is_taken(answer):
        sent = answer.request
        is_copy = sent.method == "POST" and "/working-copies/" in sent.url
        return is_copy and answer.ok and text in sent.post_data

    return page.expect_response(is_taken)


def make_draft(**fields):
    return make_article(**{"state": "draft", "published_at": None, "body": "앞글", **fields})
