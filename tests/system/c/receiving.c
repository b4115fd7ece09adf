/* Receive and read. */
#include "member.h"

#include <stdlib.h>
#include <string.h>

/* A number for JSON: one above 2^63 is below 0 there, and `say` prints it as it is. */
static json_int_t whole(uint64_t number)
{
    return (json_int_t)number;
}

/* A body is text; bytes that are none (only a dishonest peer sends such) are shown by replacement characters. */
static json_t *text_of(struct buf body)
{
    json_t *text = json_stringn((const char *)body.b, body.n);
    if (text)
        return text;
    struct buf shown = {0};
    for (size_t i = 0; i < body.n; i++)
        put(&shown, body.b[i] < 0x80 ? (const void *)&body.b[i] : "\xef\xbf\xbd", body.b[i] < 0x80 ? 1 : 3);
    return json_stringn((const char *)shown.b, shown.n);
}

/* The record's epoch was opened: those that it takes precedence over are closed (SEG-EPOCH-3). */
static void opened(struct session *session, const struct epoch_id *id)
{
    if (precedes(id, &session->sends))
        session->sends = *id;
    session->floor = *id;
    session->proposing = session->proposing && precedes(&session->proposal, &session->sends);
    session->owing = session->owing && precedes(&session->owed, &session->sends);
    for (size_t i = session->n; i-- > 0;) {
        struct epoch_id old = session->epochs[i].id;
        if (old.number && precedes(id, &old)) /* an exchange's stays, for its board key */
            drop_epoch(session, &old);
    }
}

/* Whether a control record that opened makes sense (SEG-RECEIVE-7); of a rotation the proposed master. */
static bool sensible(struct session *session, const struct record *record, struct buf body, uint8_t master[KEY])
{
    switch (record->flags) {
    case PLAIN:
        return true; /* no control record */
    case ROTATION:
        return record->rotation >= 1 && record->rotation - 1 <= session->highest &&
               unwrap(master, epoch_of(session, &record->epoch)->rotation, body.b, body.n);
    case ACKNOWLEDGEMENT:
        return body.n == 0 && session->proposing && same_epoch(&record->epoch, &session->proposal) &&
               record->rotation == record->epoch.number;
    default:
        return false;
    }
}

/* A proposal was read; true: it takes precedence, and is owed an acknowledgement (SEG-ROTATE-5). */
static bool proposed(struct act *a, struct session *session, uint32_t number, const uint8_t master[KEY])
{
    struct epoch_id id = {.number = number};
    memcpy(id.proposer, session->peer, NAME);
    if (number > session->highest)
        session->highest = number;
    if (!precedes(&id, &session->sends) || !precedes(&id, &session->floor) ||
        (session->proposing && !precedes(&id, &session->proposal)) ||
        (session->owing && !precedes(&id, &session->owed)))
        return false;
    if (session->proposing)
        drop_epoch(session, &session->proposal);
    if (session->owing && !same_epoch(&session->owed, &session->sends))
        drop_epoch(session, &session->owed);
    add_epoch(a, session, &id, master);
    session->proposing = false;
    session->owing = true;
    session->owed = id;
    return true;
}

static void delivered(struct act *a, struct session *session, const struct record *record, struct buf body,
                      const uint8_t master[KEY])
{
    json_int_t gap = whole(record->sequence - session->received - 1), number = (json_int_t)record->rotation;
    session->received = record->sequence;
    opened(session, &record->epoch);
    if (record->flags == PLAIN)
        event(a, json_pack("{ss ss sI so sI}", "event", "Delivered", "peer", a->peer, "sequence",
                           whole(record->sequence), "body", text_of(body), "gap", gap));
    else if (record->flags == ROTATION)
        event(a, json_pack("{ss ss sI sb sI}", "event", "RotationRead", "peer", a->peer, "number", number, "won",
                           (int)proposed(a, session, record->rotation, master), "gap", gap));
    else
        event(a, json_pack("{ss ss sI sI}", "event", "Rotated", "peer", a->peer, "number", number, "gap", gap));
}

static struct epoch *open_epoch(struct session *session, const struct epoch_id *id)
{
    struct epoch *epoch = epoch_of(session, id);
    return epoch && !(session->floor.proposer[0] && precedes(&session->floor, id)) ? epoch : NULL;
}

void do_receive(struct act *a)
{
    struct member *m = a->m;
    struct record record;
    struct session *session = NULL;
    const struct epoch *epoch = NULL;
    struct buf body = {0};
    uint8_t master[KEY];
    bool over = false;
    if (!header_stands(a))
        return;
    int found = first_record(a, &record);
    if (found == NOTHING || found == EXCHANGE)
        refuse(a, "SEG-RECEIVE-1", "there is no record, or an exchange comes first");
    else if (found == NONSENSE)
        remove_first(a, "SEG-RECORD-1", "the first record makes no sense");
    else if (strcmp(record.sender, a->peer) || strcmp(record.recipient, m->name))
        remove_first(a, "SEG-RECEIVE-2", "in another lane, or for another");
    else if (!same(record.recipient_incarnation, m->incarnation, KEY) ||
             !(session = session_with(m, a->peer, record.incarnation)) || session->past)
        remove_first(a, "SEG-RECEIVE-3", "no session with that incarnation");
    else if ((over = closed(m, a->peer, session->incarnation)) &&
             !marked(m, a->peer, session->incarnation, MESSAGE, record.var, record.var_n))
        remove_first(a, "SEG-RECEIVE-4", "it came after its sender's rights were taken away");
    else if (record.sequence <= session->received)
        remove_first(a, "SEG-RECEIVE-6", "replayed, or out of order");
    else if (!(epoch = open_epoch(session, &record.epoch)) ||
             !unseal(&body, epoch->receive, 0, record.sequence, signed_of(a->segment, &record, NULL, 0), record.var,
                     record.var_n))
        remove_first(a, "SEG-RECEIVE-5", "it does not open");
    else if (!over && !(rights_of(&m->known, a->peer) & SEND))
        refuse(a, "SEG-RECEIVE-10", "the peer has no right to send, as far as the list was reviewed");
    else if (!sensible(session, &record, body, master))
        remove_first(a, "SEG-RECEIVE-7", "a control record that makes no sense");
    else {
        delivered(a, session, &record, body, master);
        consumed(m, session);
        take_first(a);
        remember(a);
    }
}

/* Opens a post that is this reader's. */
static bool readable(struct act *a, struct session *session, const struct record *post, struct buf *body)
{
    const struct epoch *epoch = epoch_of(session, &post->epoch);
    return epoch && !post->epoch.number &&
           unseal(body, epoch->board, strcmp(post->epoch.proposer, a->peer) ? 2 : 1, post->sequence,
                  signed_of(a->segment, post, NULL, 0), post->var, post->var_n);
}

/* What of the posts with one number was found. */
struct reading {
    uint64_t number;
    bool opened;
    struct buf body;
};

static int by_number(const void *a, const void *b)
{
    uint64_t one = ((const struct reading *)a)->number, other = ((const struct reading *)b)->number;
    return (one > other) - (one < other);
}

void do_read(struct act *a)
{
    struct member *m = a->m;
    struct session *session;
    struct reading *readings;
    uint64_t n, any = 0;
    if (!header_stands(a) || !(session = open_session(a, a->peer, a->places[0])))
        return;
    if (!(rights_of(&m->known, a->peer) & SEND)) {
        refuse(a, "SEG-READ-2", "the peer has no right to send");
        return;
    }
    n = posts_of(a->s, (uint64_t)a->places[0]);
    readings = arena(n * sizeof *readings);
    for (uint64_t i = 0; i < n; i++) {
        struct record post;
        struct buf bytes;
        uint64_t k = 0;
        if (!cell(a->s, at_post(a->s, (uint64_t)a->places[0], i), a->s->c.record, &bytes) ||
            !decode(&post, bytes.b, bytes.n) || post.kind != POST || strcmp(post.sender, a->peer) ||
            strcmp(post.recipient, m->name) || !same(post.incarnation, session->incarnation, KEY) ||
            !same(post.recipient_incarnation, m->incarnation, KEY))
            continue;
        while (k < any && readings[k].number != post.sequence)
            k++;
        if (k == any)
            readings[any++].number = post.sequence;
        if (!readings[k].opened)
            readings[k].opened = readable(a, session, &post, &readings[k].body);
    }
    if (!any) {
        refuse(a, "SEG-READ-1", "no post for this stay of the reader");
        return;
    }
    qsort(readings, any, sizeof *readings, by_number);
    for (uint64_t k = 0; k < any; k++) {
        json_t *said = json_pack("{ss ss sI}", "event", readings[k].opened ? "Read" : "Unreadable", "peer", a->peer,
                                 "number", whole(readings[k].number));
        if (readings[k].opened)
            json_object_set_new(said, "body", text_of(readings[k].body));
        event(a, said);
    }
    remember(a);
}
