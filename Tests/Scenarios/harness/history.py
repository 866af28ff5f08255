"""Compares what was sent with what both homeservers have stored: nothing lost, nothing twice, nothing out of order."""


class HistoryChecker:
    """`check` returns every difference it finds, as sentences; an empty list is a pass."""

    def __init__(self, one, other):
        self.one = one
        self.other = other

    async def check(self, sends, composed_in_order=True):
        """`sends`: {author: [Send…]} of `one` and `other`, as their clients composed them. All acked ones must be there."""
        problems = []
        histories = {}
        for person, partner in ((self.one, self.other), (self.other, self.one)):
            messages, last_seq = await person.history_with(partner)
            histories[person] = messages
            problems += self._whole(person, messages, last_seq)
        for author, own_sends in sends.items():
            receiver = self.other if author is self.one else self.one
            for person in (author, receiver):
                problems += self._stored(person, author, own_sends, histories[person])
                if composed_in_order:
                    problems += self._in_composed_order(person, author, own_sends, histories[person])
            orders = [
                [it["message_id"] for it in histories[person] if it["from_user_id"] == author.user_id]
                for person in (author, receiver)
            ]
            if orders[0] != orders[1]:
                problems.append(f"{author}'s messages are in another order at {author} than at {receiver}")
        for person in histories:
            known = {send.text for own in sends.values() for send in own}
            for it in histories[person]:
                if it["message"] not in known:
                    problems.append(f"{person} has {it['message']!r}, which nobody sent")
        return problems

    @staticmethod
    def _whole(person, messages, last_seq):
        numbers = [it["seq"] for it in messages]
        problems = []
        if numbers != list(range(1, len(numbers) + 1)):
            problems.append(f"{person}: seq is not gapless: {numbers[:50]}…")
        if last_seq != len(numbers):
            problems.append(f"{person}: last_seq is {last_seq}, with {len(numbers)} messages")
        ids = [it["message_id"] for it in messages]
        if len(set(ids)) != len(ids):
            problems.append(f"{person}: a message id is there twice")
        nonces = [it["nonce"] for it in messages if it.get("nonce")]
        if len(set(nonces)) != len(nonces):
            problems.append(f"{person}: a nonce is there twice")
        return problems

    @staticmethod
    def _stored(person, author, sends, messages):
        problems = []
        own = [it for it in messages if it["from_user_id"] == author.user_id]
        for send in sends:
            copies = [it for it in own if it["message"] == send.text]
            if send.ack and len(copies) != 1:
                problems.append(f"{person} has {send.text!r} of {author} {len(copies)} times, though it was acked")
            elif send.ack and copies[0]["message_id"] != send.ack["message_id"]:
                problems.append(f"{person} has {send.text!r} as {copies[0]['message_id']}, the ack said {send.ack}")
            elif len(copies) > 1:
                problems.append(f"{person} has {send.text!r} of {author} {len(copies)} times")
        return problems

    @staticmethod
    def _in_composed_order(person, author, sends, messages):
        place = {send.text: number for number, send in enumerate(sends)}
        order = [place.get(it["message"], -1) for it in messages if it["from_user_id"] == author.user_id]
        if order != sorted(order):
            first = next(i for i in range(1, len(order)) if order[i] < order[i - 1])
            return [f"{person}: {author}'s messages are out of order at {messages[first]['message']!r}"]
        return []
