/* Send, multicast, publish, rotate, acknowledge. */
#include "member.h"

#include <string.h>

enum { OVERHEAD = 202 };

/* Seals the session's next record under an epoch. */
static struct buf sealed(struct act *a, const struct session *session, const struct epoch *under, uint8_t flags,
                         uint32_t rotation, const uint8_t *body, size_t n)
{
    const struct member *m = a->m;
    struct record message = {.kind = MESSAGE, .flags = flags, .rotation = rotation, .epoch = under->id,
                             .sequence = session->sent + 1};
    memcpy(message.sender, m->name, NAME);
    memcpy(message.recipient, session->peer, NAME);
    memcpy(message.incarnation, m->incarnation, KEY);
    memcpy(message.recipient_incarnation, session->incarnation, KEY);
    struct buf made = seal(under->send, 0, message.sequence, signed_of(a->segment, &message, NULL, 0), body, n);
    message.var = made.b;
    message.var_n = made.n;
    return encode(&message);
}

static bool may_send(struct act *a)
{
    return (rights_of(&a->m->known, a->m->name) & SEND) || refuse(a, "SEG-SEND-1", "no right to send");
}

static bool body_fits(struct act *a)
{
    return a->body_n <= a->s->c.record - OVERHEAD || refuse(a, "SEG-SEND-5", "the body is too long");
}

static bool has_room(struct act *a, int place, uint64_t most, refusal clause)
{
    uint64_t n;
    return (lane(a->s, (uint64_t)place, (uint64_t)a->me, &n) && n < most) ||
           refuse(a, clause, "the peer's inbox is full");
}

static void sent(struct act *a, struct session *session)
{
    session->sent++;
    event(a, json_pack("{ss ss sI}", "event", "Sent", "peer", session->peer, "sequence",
                       (json_int_t)session->sent));
}

void do_send(struct act *a)
{
    struct session *session;
    if (!header_stands(a) || !may_send(a) || !(session = open_session(a, a->peer, a->places[0])) || !body_fits(a) ||
        !has_room(a, a->places[0], a->s->c.quota, "SEG-FULL-1") ||
        !append(a, a->places[0],
                sealed(a, session, epoch_of(session, &session->sends), PLAIN, 0, a->body, a->body_n)))
        return;
    remember(a);
    sent(a, session);
}

void do_multicast(struct act *a)
{
    struct session **to = arena(a->n_peers * sizeof *to);
    if (!header_stands(a) || !may_send(a))
        return;
    for (size_t i = 0; i < a->n_peers; i++)
        if (!(to[i] = open_session(a, a->peers[i], a->places[i])))
            return;
    if (!body_fits(a))
        return;
    for (size_t i = 0; i < a->n_peers; i++)
        for (size_t k = 0; k < i; k++)
            if (to[i] == to[k]) {
                refuse(a, "SEG-MULTICAST-1", "a peer is named twice");
                return;
            }
    if (!a->n_peers) {
        refuse(a, "SEG-MULTICAST-1", "no peer is named");
        return;
    }
    for (size_t i = 0; i < a->n_peers; i++)
        if (!has_room(a, a->places[i], a->s->c.quota, "SEG-FULL-2"))
            return;
    for (size_t i = 0; i < a->n_peers; i++)
        if (!append(a, a->places[i],
                    sealed(a, to[i], epoch_of(to[i], &to[i]->sends), PLAIN, 0, a->body, a->body_n)))
            return;
    remember(a);
    for (size_t i = 0; i < a->n_peers; i++)
        sent(a, to[i]);
}

/* The exchange whose board key seals for the pair: it takes precedence among those that are shared. */
static const struct epoch *board_epoch(const struct session *session)
{
    const struct epoch *best = NULL;
    for (size_t i = 0; i < session->n; i++) {
        const struct epoch *epoch = &session->epochs[i];
        if (!epoch->id.number && (!best || precedes(&epoch->id, &best->id)))
            best = epoch;
    }
    return best;
}

static bool post(struct act *a, const struct session *session, uint64_t number, uint64_t place)
{
    const struct member *m = a->m;
    const struct epoch *under = board_epoch(session);
    struct record post = {.kind = POST, .epoch = under->id, .sequence = number};
    memcpy(post.sender, m->name, NAME);
    memcpy(post.recipient, session->peer, NAME);
    memcpy(post.incarnation, m->incarnation, KEY);
    memcpy(post.recipient_incarnation, session->incarnation, KEY);
    uint32_t side = strcmp(under->id.proposer, m->name) ? 2 : 1;
    struct buf made = seal(under->board, side, number, signed_of(a->segment, &post, NULL, 0), a->body, a->body_n);
    post.var = made.b;
    post.var_n = made.n;
    return put_cell(a->s, at_post(a->s, (uint64_t)a->me, place), a->s->c.record, encode(&post)) ||
           refuse(a, "SEG-STORE-5", "the post does not fit its cell");
}

void do_publish(struct act *a)
{
    struct member *m = a->m;
    struct session **to = arena((m->n_sessions + 1) * sizeof *to);
    size_t n = 0;
    if (!header_stands(a))
        return;
    for (size_t i = 0; i < m->n_sessions; i++) { /* each peer in its turn, at the first session with it */
        const struct session *first = &m->sessions[i];
        struct session *open = first->past ? NULL : open_session(a, first->peer, place_of(m, first->peer));
        size_t k = 0;
        while (k < n && to[k] != open)
            k++;
        if (open && k == n)
            to[n++] = open;
    }
    a->clause = NULL;
    if (!n) {
        refuse(a, "SEG-PUBLISH-1", "no announced peer shares a key");
        return;
    }
    if (!may_send(a) || !body_fits(a))
        return;
    uint64_t first = posts_of(a->s, (uint64_t)a->me);
    if (n > a->s->c.posts - first) {
        refuse(a, "SEG-FULL-3", "this member's part of the board is full");
        return;
    }
    json_t *peers = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(peers, json_string(to[i]->peer));
        if (!post(a, to[i], m->published + 1, first + i)) {
            json_decref(peers);
            return;
        }
    }
    flip(&a->flips, LOCK_BOARD, at_posts(a->s, (uint64_t)a->me), first + n);
    m->published++;
    remember(a);
    event(a, json_pack("{ss sI so}", "event", "Published", "number", (json_int_t)m->published, "peers", peers));
}

void do_rotate(struct act *a)
{
    struct session *session;
    uint8_t master[KEY], wrapped[WRAPPED];
    struct epoch_id id;
    if (!header_stands(a) || !may_send(a) || !(session = open_session(a, a->peer, a->places[0])))
        return;
    if (session->proposing || session->owing) {
        refuse(a, "SEG-ROTATE-1", "a proposal is under way");
        return;
    }
    if (!has_room(a, a->places[0], (uint64_t)a->s->c.quota + 1, "SEG-FULL-5"))
        return;
    id.number = session->highest + 1;
    memcpy(id.proposer, a->m->name, NAME);
    fresh(a, master, "rotation", session->peer, session->incarnation, &session->sent);
    const struct epoch *under = epoch_of(session, &session->sends);
    wrap(wrapped, under->rotation, master);
    if (!append(a, a->places[0], sealed(a, session, under, ROTATION, id.number, wrapped, WRAPPED)))
        return;
    add_epoch(a, session, &id, master);
    session->sent++;
    session->highest = id.number;
    session->proposal = id;
    session->proposing = true;
    remember(a);
    event(a, json_pack("{ss ss sI}", "event", "RotationProposed", "peer", a->peer, "number", (json_int_t)id.number));
}

void do_acknowledge(struct act *a)
{
    struct session *session;
    if (!header_stands(a) || !may_send(a) || !(session = open_session(a, a->peer, a->places[0])))
        return;
    if (!session->owing) {
        refuse(a, "SEG-ACK-1", "nothing is owed");
        return;
    }
    if (!has_room(a, a->places[0], (uint64_t)a->s->c.quota + 1, "SEG-FULL-5"))
        return;
    struct epoch_id id = session->owed;
    if (!append(a, a->places[0], sealed(a, session, epoch_of(session, &id), ACKNOWLEDGEMENT, id.number, NULL, 0)))
        return;
    session->sent++;
    session->sends = id;
    session->owing = false;
    remember(a);
    event(a, json_pack("{ss ss sI}", "event", "RotationAcknowledged", "peer", a->peer, "number",
                       (json_int_t)id.number));
}
