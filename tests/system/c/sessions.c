/* Sessions, and the parts of the store that they are about: announcements, lanes, what is appended and taken. */
#include "member.h"

#include <stdlib.h>
#include <string.h>

int announcement_of(const struct store *s, int place, struct record *to)
{
    struct buf bytes;
    if (place < 0)
        return NOTHING;
    uint64_t half = word(s, at_announced(s, (uint64_t)place));
    if (half == 0)
        return NOTHING;
    if (half > 2 || !cell(s, at_half(s, (uint64_t)place, half - 1), HALF, &bytes) || !decode(to, bytes.b, bytes.n) ||
        to->kind != ANNOUNCEMENT)
        return NONSENSE;
    return ANNOUNCED;
}

struct session *session_with(struct member *m, const char *peer, const uint8_t incarnation[KEY])
{
    for (size_t i = 0; i < m->n_sessions; i++)
        if (!strcmp(m->sessions[i].peer, peer) && same(m->sessions[i].incarnation, incarnation, KEY))
            return &m->sessions[i];
    return NULL;
}

struct session *new_session(struct member *m, const char *peer, const uint8_t incarnation[KEY])
{
    m->sessions = grown(m->sessions, (m->n_sessions + 1) * sizeof *m->sessions);
    struct session *made = &m->sessions[m->n_sessions++];
    *made = (struct session){0};
    memcpy(made->peer, peer, strlen(peer) + 1);
    memcpy(made->incarnation, incarnation, KEY);
    return made;
}

struct epoch *epoch_of(struct session *session, const struct epoch_id *id)
{
    for (size_t i = 0; i < session->n; i++)
        if (same_epoch(&session->epochs[i].id, id))
            return &session->epochs[i];
    return NULL;
}

void add_epoch(const struct act *a, struct session *session, const struct epoch_id *id, const uint8_t master[KEY])
{
    const struct member *m = a->m;
    bool mine = !strcmp(id->proposer, m->name);
    const char *other = mine ? session->peer : m->name;
    struct buf context = transcript("LR-SEG-KEYS", "BisBsB", a->segment, (uint64_t)id->number, id->proposer,
                                    mine ? m->incarnation : session->incarnation, other,
                                    mine ? session->incarnation : m->incarnation);
    session->epochs = grown(session->epochs, (session->n + 1) * sizeof *session->epochs);
    struct epoch *epoch = &session->epochs[session->n++];
    *epoch = (struct epoch){.id = *id};
    derive(mine ? epoch->send : epoch->receive, master, "forth", context);
    derive(mine ? epoch->receive : epoch->send, master, "back", context);
    derive(epoch->rotation, master, "rotation", context);
    if (!id->number)
        derive(epoch->board, master, "board", context);
}

void drop_epoch(struct session *session, const struct epoch_id *id)
{
    struct epoch *epoch = epoch_of(session, id);
    if (epoch)
        *epoch = session->epochs[--session->n];
}

static void forget(struct session *session)
{
    if (session->n)
        memset(session->epochs, 0, session->n * sizeof *session->epochs);
    free(session->epochs);
    session->epochs = NULL;
    session->n = 0;
}

void consumed(struct member *m, struct session *session)
{
    session->consumed = true;
    for (size_t i = 0; i < m->n_sessions; i++) {
        struct session *other = &m->sessions[i];
        if (other != session && other->consumed && !strcmp(other->peer, session->peer)) {
            other->past = true;
            forget(other);
        }
    }
}

void forget_stay(struct member *m)
{
    for (size_t i = 0; i < m->n_sessions; i++)
        forget(&m->sessions[i]);
    free(m->sessions);
    free(m->marks);
    m->sessions = NULL;
    m->marks = NULL;
    m->n_sessions = m->n_marks = 0;
    m->published = 0;
    m->joined = false;
    memset(m->ephemeral, 0, KEY);
    memset(m->incarnation, 0, KEY);
}

static void mark_of(uint8_t out[KEY], const uint8_t *bytes, size_t n)
{
    digest(out, transcript("LR-C-MARK", "b", bytes, n));
}

bool marked(const struct member *m, const char *peer, const uint8_t *incarnation, int kind, const uint8_t *bytes,
            size_t n)
{
    uint8_t of[KEY];
    mark_of(of, bytes, n);
    for (size_t i = 0; i < m->n_marks; i++) {
        const struct mark *one = &m->marks[i];
        if (one->kind == kind && same(one->of, of, KEY) && same(one->incarnation, incarnation, KEY) &&
            !strcmp(one->peer, peer))
            return true;
    }
    return false;
}

void mark(struct member *m, const char *peer, const uint8_t *incarnation, int kind, const uint8_t *bytes, size_t n)
{
    m->marks = grown(m->marks, (m->n_marks + 1) * sizeof *m->marks);
    struct mark *made = &m->marks[m->n_marks++];
    *made = (struct mark){.kind = kind};
    memcpy(made->peer, peer, strlen(peer) + 1);
    memcpy(made->incarnation, incarnation, KEY);
    mark_of(made->of, bytes, n);
}

bool closed(const struct member *m, const char *peer, const uint8_t *incarnation)
{
    return marked(m, peer, incarnation, 0, NULL, 0);
}

struct session *open_session(struct act *a, const char *peer, int place)
{
    struct member *m = a->m;
    struct record announced;
    bool shared = false, stands = announcement_of(a->s, place, &announced) == ANNOUNCED;
    for (size_t i = 0; i < m->n_sessions; i++) {
        struct session *session = &m->sessions[i];
        if (session->past || strcmp(session->peer, peer))
            continue;
        shared = true;
        if (!stands || !same(announced.incarnation, session->incarnation, KEY))
            continue;
        if (!session->ended && !closed(m, peer, session->incarnation))
            return session;
        refuse(a, "SEG-SEND-4", "the session was closed or ended");
        return NULL;
    }
    if (shared)
        refuse(a, "SEG-SEND-3", "the peer is not announced any more");
    else
        refuse(a, "SEG-SEND-2", "no key is shared");
    return NULL;
}

int first_record(struct act *a, struct record *to)
{
    struct buf bytes;
    uint64_t n;
    int from = a->places[0];
    if (from < 0 || !lane(a->s, (uint64_t)a->me, (uint64_t)from, &n) || !n)
        return NOTHING;
    uint64_t head = word(a->s, at_head(a->s, (uint64_t)a->me, (uint64_t)from));
    if (!cell(a->s, at_record(a->s, (uint64_t)a->me, (uint64_t)from, head), a->s->c.record, &bytes) ||
        !decode(to, bytes.b, bytes.n) || (to->kind != EXCHANGE && to->kind != MESSAGE))
        return NONSENSE;
    return to->kind;
}

void take_first(struct act *a)
{
    uint64_t at = at_head(a->s, (uint64_t)a->me, (uint64_t)a->places[0]);
    flip(&a->flips, LOCK_INBOX + a->me, at, word(a->s, at) + 1);
}

bool remove_first(struct act *a, refusal clause, const char *detail)
{
    a->removes = true;
    take_first(a);
    return refuse(a, clause, detail);
}

bool append(struct act *a, int place, struct buf record)
{
    uint64_t at = at_tail(a->s, (uint64_t)place, (uint64_t)a->me), tail = word(a->s, at);
    if (!put_cell(a->s, at_record(a->s, (uint64_t)place, (uint64_t)a->me, tail), a->s->c.record, record))
        return refuse(a, "SEG-STORE-5", "the record does not fit its cell");
    flip(&a->flips, LOCK_INBOX + place, at, tail + 1);
    a->wakes[a->n_wakes++] = place;
    return true;
}

void purge(struct act *a, int place)
{
    for (uint64_t sender = 0; sender < a->s->c.members; sender++) {
        uint64_t tail = word(a->s, at_tail(a->s, (uint64_t)place, sender)),
                 at = at_head(a->s, (uint64_t)place, sender);
        if (word(a->s, at) != tail)
            flip(&a->flips, LOCK_INBOX + place, at, tail);
    }
}

void withdraw(struct act *a, int place)
{
    flip(&a->flips, LOCK_BOARD, at_announced(a->s, (uint64_t)place), 0);
    flip(&a->flips, LOCK_BOARD, at_posts(a->s, (uint64_t)place), 0);
}
