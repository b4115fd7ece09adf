/* Exchange and accept: how two incarnations come to share a key. */
#include "member.h"

#include <string.h>

/* SEG-REVIEW-3. */
static bool reviewed(struct act *a)
{
    for (size_t i = a->m->known.n; i < a->list.n; i++)
        if (takes_away(&a->list, i))
            return refuse(a, "SEG-REVIEW-3", "the list takes rights away: review it first");
    return true;
}

static bool may_exchange(struct act *a, const struct record *announced, int found)
{
    const struct member *m = a->m;
    const struct entry *peer = last_of(&a->list, a->list.n, a->peer);
    if (!(rights_of(&a->list, m->name) & MAY_EXCHANGE))
        return refuse(a, "SEG-EXCHANGE-1", "no right to exchange");
    if (found == NONSENSE)
        return refuse(a, "SEG-RECORD-2", "the announcement makes no sense");
    if (found == NOTHING || !strcmp(a->peer, m->name))
        return refuse(a, "SEG-EXCHANGE-2", "not announced, or oneself");
    if (!peer || !(peer->rights & JOIN))
        return refuse(a, "SEG-EXCHANGE-3", "the peer has no right to join");
    if (!list_has(&a->list, announced->serial, announced->head))
        return refuse(a, "SEG-ACL-7", "the announcement names a state that the list does not have");
    if (strcmp(announced->sender, a->peer) ||
        !verify(peer->key, announced->signature, signed_of(a->segment, announced, NULL, 0)))
        return refuse(a, "SEG-EXCHANGE-4", "the announcement is not the peer's");
    return true;
}

/* Adds the epoch of an exchange, and what the two sides send under from then on (SEG-ACCEPT-7). */
static void share(struct act *a, struct session *session, const char *maker, const uint8_t master[KEY])
{
    struct epoch_id id = {.number = 0};
    bool first = !session->made && !session->accepted;
    memcpy(id.proposer, maker, strlen(maker) + 1);
    add_epoch(a, session, &id, master);
    if (first || precedes(&id, &session->sends))
        session->sends = id;
}

void do_exchange(struct act *a)
{
    struct member *m = a->m;
    struct record announced, exchange = {.kind = EXCHANGE};
    uint8_t entropy[KEY], secret[KEY], kek[KEY], master[KEY], ciphertext[KEY];
    uint64_t n = 0;
    int place = a->places[0];
    if (!header_stands(a) || !list_verified(a) || !reviewed(a))
        return;
    if (!may_exchange(a, &announced, announcement_of(a->s, place, &announced)))
        return;
    if (session_with(m, a->peer, announced.incarnation) || closed(m, a->peer, announced.incarnation)) {
        refuse(a, "SEG-EXCHANGE-6", "there is a session with this incarnation, or there was");
        return;
    }
    if (!lane(a->s, (uint64_t)place, (uint64_t)a->me, &n) || n >= a->s->c.quota) {
        refuse(a, "SEG-FULL-1", "the peer's inbox is full");
        return;
    }
    fresh(a, entropy, "encapsulate", a->peer, announced.incarnation, NULL);
    fresh(a, master, "master", a->peer, announced.incarnation, NULL);
    if (!encapsulate(ciphertext, secret, entropy, announced.var, announced.var_n)) {
        refuse(a, "SEG-EXCHANGE-7", "the ephemeral key is none of the suite");
        return;
    }
    derive(kek, secret, "kek",
           kek_context(a->segment, m->name, a->peer, m->incarnation, announced.incarnation, announced.var,
                       announced.var_n));
    memcpy(exchange.sender, m->name, NAME);
    memcpy(exchange.recipient, a->peer, strlen(a->peer) + 1);
    memcpy(exchange.incarnation, m->incarnation, KEY);
    memcpy(exchange.recipient_incarnation, announced.incarnation, KEY);
    exchange.var = ciphertext;
    exchange.var_n = KEY;
    wrap(exchange.wrapped, kek, master);
    exchange.serial = (uint32_t)a->list.n;
    memcpy(exchange.head, a->list.at[a->list.n - 1].head, KEY);
    sign(exchange.signature, m->identity, signed_of(a->segment, &exchange, announced.var, announced.var_n));
    if (!append(a, place, encode(&exchange)))
        return;
    struct session *session = new_session(m, a->peer, announced.incarnation);
    share(a, session, m->name, master);
    session->made = true;
    remember(a);
    event(a, json_pack("{ss ss}", "event", "Exchanged", "peer", a->peer));
}

/* The checks of the exchange that lies first; true: it is this peer's, for this stay, and new. */
static bool acceptable(struct act *a, const struct record *exchange)
{
    struct member *m = a->m;
    const struct entry *peer = last_of(&a->list, a->list.n, a->peer);
    const struct session *before = session_with(m, a->peer, exchange->incarnation);
    if (strcmp(exchange->sender, a->peer) || strcmp(exchange->recipient, m->name) ||
        !same(exchange->recipient_incarnation, m->incarnation, KEY))
        return remove_first(a, "SEG-ACCEPT-2", "in another lane, or for another");
    if (!list_has(&a->list, exchange->serial, exchange->head))
        return remove_first(a, "SEG-ACL-7", "it names a state that the list does not have");
    if (!peer || !(closed(m, a->peer, exchange->incarnation)
                       ? marked(m, a->peer, exchange->incarnation, EXCHANGE, exchange->signature, SIGNATURE)
                       : peer->rights & MAY_EXCHANGE))
        return remove_first(a, "SEG-ACCEPT-3", "the peer has no right to exchange, or had none");
    if (!verify(peer->key, exchange->signature, signed_of(a->segment, exchange, m->ephemeral_public, KEY)))
        return remove_first(a, "SEG-ACCEPT-4", "the peer has not signed it for this pair");
    if (before && (before->accepted || before->past))
        return remove_first(a, "SEG-ACCEPT-5", "a second exchange of one incarnation");
    return true;
}

void do_accept(struct act *a)
{
    struct member *m = a->m;
    struct record exchange;
    uint8_t secret[KEY], kek[KEY], master[KEY];
    if (!header_stands(a) || !list_verified(a) || !reviewed(a))
        return;
    int found = first_record(a, &exchange);
    if (found == NOTHING || found == MESSAGE) {
        refuse(a, "SEG-ACCEPT-1", "the first record is no exchange");
        return;
    }
    remember(a); /* also when the record is removed (SEG-REVIEW-4) */
    if (found == NONSENSE) {
        remove_first(a, "SEG-RECORD-1", "the first record makes no sense");
        return;
    }
    if (!acceptable(a, &exchange))
        return;
    bool opens = decapsulate(secret, m->ephemeral, exchange.var, exchange.var_n);
    if (opens)
        derive(kek, secret, "kek",
               kek_context(a->segment, a->peer, m->name, exchange.incarnation, m->incarnation, m->ephemeral_public,
                           KEY));
    if (!opens || !unwrap(master, kek, exchange.wrapped, WRAPPED)) {
        remove_first(a, "SEG-ACCEPT-6", "its key does not decapsulate or unwrap");
        return;
    }
    struct session *session = session_with(m, a->peer, exchange.incarnation);
    bool crossed = session;
    if (!session)
        session = new_session(m, a->peer, exchange.incarnation);
    share(a, session, a->peer, master);
    session->accepted = true;
    consumed(m, session);
    take_first(a);
    event(a, json_pack("{ss ss sb}", "event", "Accepted", "peer", a->peer, "crossed", (int)crossed));
}
