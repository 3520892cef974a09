"""An SMSC for the tests: the protocol is the library's, what it answers is chosen by the recipient's last digits.

71 cannot be delivered; 72 is throttled at first; 73 is never answered with --silent; 74 gets no receipt; everything else
is delivered. Prints one JSON value a line, and takes such lines to send messages of its own.
"""

import asyncio
import json
import sys

import smpp34

esmes = {}
kept = []
throttled = {}
count = 0


def say(**what):
    print(json.dumps(what), flush=True)


async def deliver(source, destination, text, esm_class=0, coding=0, tlvs=()):
    status = -1
    # The newest session first: of one that just ended nobody may have told us yet.
    for esme in reversed(list(esmes.values())):
        if esme.can_receive:
            try:
                answer = await esme.deliver_sm(
                    destination_addr=destination, short_message=text, source_addr=source,
                    source_addr_ton=1, source_addr_npi=1, esm_class=esm_class, data_coding=coding, tlvs=list(tlvs),
                )
                status = answer.command_status
            except Exception as error:  # the session ended meanwhile
                say(event="error", error=repr(error))
                continue
            break
    if not quiet:
        say(event="deliver_resp", status=status)


async def receipt(event, number):
    failed = event.destination_addr.endswith("71")
    word, code = ("UNDELIV", "0A1") if failed else ("DELIVRD", "000")
    text = f"id:{number:010d} sub:001 dlvrd:001 submit date:2611210910 done date:2611210911 stat:{word} err:{code} text:"
    tlvs = ()
    if number % 2 == 0:
        state = 5 if failed else 2
        tlvs = (
            smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, f"{number}".encode() + b"\0"),
            smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([state])),
        )
    await deliver(event.destination_addr, event.source_addr, text.encode(), 4, 0, tlvs)


def submitted(event, silent):
    global count
    to = event.destination_addr
    if not quiet:
        payload = [tlv.value.hex() for tlv in event.tlvs if tlv.tag == smpp34.TLV_MESSAGE_PAYLOAD]
        say(event="submit", to=to, source=event.source_addr, text=event.short_message.hex(),
            coding=event.data_coding, esm_class=event.esm_class, payload=payload)
    if to.endswith("73") and silent:
        kept.append(event)
        return
    if to.endswith("72") and throttled.setdefault(to, 0) < 2:
        throttled[to] += 1
        event.reject(smpp34.ESME_RTHROTTLED)
        return
    count += 1
    event.accept(message_id=str(count))
    if event.registered_delivery & 3 == 1 and not to.endswith("74"):
        asyncio.ensure_future(receipt(event, count))


async def commands():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        wanted = json.loads(line)
        await deliver(wanted["from"], wanted["to"], bytes.fromhex(wanted["text"]), wanted.get("esm_class", 0),
                      wanted.get("coding", 0))


async def main(port, silent):
    server = smpp34.Server(host="127.0.0.1", port=port, system_id="SMSC")
    await server.start()
    say(event="ready")
    asyncio.ensure_future(commands())
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            esmes[event.session_id] = event
            say(event="bound", system_id=event.system_id, can_receive=event.can_receive)
        elif isinstance(event, smpp34.SubmitSmEvent):
            submitted(event, silent)
        else:
            esmes.pop(event.session_id, None)
            say(event="unbound")


quiet = "--quiet" in sys.argv
asyncio.run(main(int(sys.argv[1]), "--silent" in sys.argv))
