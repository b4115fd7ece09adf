/* Join, review, leave, reap. */
#include "member.h"

#include <stdlib.h>
#include <string.h>

void do_join(struct act *a)
{
    struct member *m = a->m;
    struct record announcement = {.kind = ANNOUNCEMENT};
    if (!header_stands(a) || !list_verified(a))
        return;
    const struct entry *mine = last_of(&a->list, a->list.n, m->name);
    if (!mine || !(mine->rights & JOIN)) {
        refuse(a, "SEG-JOIN-1", "no right to join");
        return;
    }
    if (!same(mine->key, m->public, KEY)) {
        refuse(a, "SEG-JOIN-2", "the list states another key for the name");
        return;
    }
    if (a->s->life < 0) { /* taken while no slot is held; then all of this is looked at again */
        a->wants_life = true;
        return;
    }
    forget_stay(m);
    fresh(a, m->incarnation, "incarnation", NULL, NULL, NULL);
    fresh(a, m->ephemeral, "ephemeral", NULL, NULL, NULL);
    kem_public(m->ephemeral_public, m->ephemeral);
    memcpy(announcement.sender, m->name, NAME);
    memcpy(announcement.incarnation, m->incarnation, KEY);
    announcement.var = m->ephemeral_public;
    announcement.var_n = KEY;
    announcement.serial = (uint32_t)a->list.n;
    memcpy(announcement.head, a->list.at[a->list.n - 1].head, KEY);
    sign(announcement.signature, m->identity, signed_of(a->segment, &announcement, NULL, 0));

    uint64_t me = (uint64_t)a->s->life, half = word(a->s, at_announced(a->s, me)) == 1;
    put_cell(a->s, at_half(a->s, me, half), HALF, encode(&announcement));
    flip(&a->flips, LOCK_BOARD, at_announced(a->s, me), half + 1);
    flip(&a->flips, LOCK_BOARD, at_posts(a->s, me), 0);
    purge(a, a->s->life);
    m->joined = true;
    remember(a);
    event(a, json_pack("{ss sI}", "event", "Joined", "serial", (json_int_t)a->list.n));
}

/* Closes the sessions with the peer; what of its records lies here is still read, as far as it had the rights. What an
 * incarnation sent whose session was closed before counts no more (SEG-REVIEW-2). */
static void close_sessions(struct act *a, const char *peer, int place, uint8_t rights)
{
    struct member *m = a->m;
    size_t before = m->n_marks;
    uint64_t n = 0, head = 0;
    if (place >= 0 && lane(a->s, (uint64_t)a->me, (uint64_t)place, &n))
        head = word(a->s, at_head(a->s, (uint64_t)a->me, (uint64_t)place));
    for (uint64_t i = 0; i < n; i++) {
        struct record record;
        struct buf bytes;
        if (!cell(a->s, at_record(a->s, (uint64_t)a->me, (uint64_t)place, head + i), a->s->c.record, &bytes) ||
            !decode(&record, bytes.b, bytes.n) || closed(m, peer, record.incarnation))
            continue;
        if (record.kind == EXCHANGE && (rights & MAY_EXCHANGE))
            mark(m, peer, record.incarnation, EXCHANGE, record.signature, SIGNATURE);
        else if (record.kind == MESSAGE && (rights & SEND))
            mark(m, peer, record.incarnation, MESSAGE, record.var, record.var_n);
    }
    for (size_t i = before, marks = m->n_marks; i < marks; i++) {
        uint8_t incarnation[KEY];
        memcpy(incarnation, m->marks[i].incarnation, KEY);
        if (!closed(m, peer, incarnation))
            mark(m, peer, incarnation, 0, NULL, 0);
    }
    for (size_t i = 0; i < m->n_sessions; i++)
        if (!strcmp(m->sessions[i].peer, peer) && !m->sessions[i].past && !closed(m, peer, m->sessions[i].incarnation))
            mark(m, peer, m->sessions[i].incarnation, 0, NULL, 0);
}

void do_review(struct act *a)
{
    struct member *m = a->m;
    size_t known = m->known.n;
    if (!header_stands(a) || !list_verified(a))
        return;
    if (a->list.n == known) {
        refuse(a, "SEG-REVIEW-1", "the list is what it was");
        return;
    }
    json_t *reduced = json_array();
    for (size_t i = known; i < a->list.n; i++) {
        const char *peer = a->list.at[i].subject;
        uint8_t rights = rights_of(&m->known, peer);
        if (!takes_away(&a->list, i))
            continue;
        json_array_append_new(reduced, json_string(peer));
        for (size_t k = known; k < a->list.n; k++)
            if (!strcmp(a->list.at[k].subject, peer))
                rights |= a->list.at[k].rights;
        if (strcmp(peer, m->name))
            close_sessions(a, peer, place_of(m, peer), rights);
    }
    remember(a);
    event(a, json_pack("{ss sI so}", "event", "Reviewed", "serial", (json_int_t)a->list.n, "closed", reduced));
}

void do_leave(struct act *a)
{
    withdraw(a, a->me);
    purge(a, a->me);
    a->leaves = true;
    event(a, json_pack("{ss}", "event", "Left"));
}

void do_reap(struct act *a)
{
    struct member *m = a->m;
    int place = a->places[0];
    if (!header_stands(a))
        return;
    if (place >= 0 && !is_dead(a->s, (uint64_t)place)) {
        refuse(a, "SEG-REAP-1", "the peer lives, or nobody here can tell");
        return;
    }
    if (place < 0 || (!word(a->s, at_announced(a->s, (uint64_t)place)) && !posts_of(a->s, (uint64_t)place))) {
        refuse(a, "SEG-REAP-2", "nothing of the peer stands on the board");
        return;
    }
    withdraw(a, place);
    purge(a, place);
    for (size_t i = 0; i < m->n_sessions; i++)
        if (!strcmp(m->sessions[i].peer, a->peer))
            m->sessions[i].ended = true;
    remember(a);
    event(a, json_pack("{ss ss}", "event", "Reaped", "peer", a->peer));
}
