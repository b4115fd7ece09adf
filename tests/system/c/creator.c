/* Create, grant, revoke, destroy. */
#include "member.h"

#include <stdlib.h>
#include <string.h>

/* Signs the entry after the list's last and writes it into its cell; then `signed_head` is the head after it. */
static bool add_entry(struct act *a, uint64_t serial, const uint8_t *previous, const char *subject, const uint8_t *key,
                      uint8_t rights)
{
    struct member *m = a->m;
    struct record entry = {.kind = ENTRY, .serial = (uint32_t)serial, .rights = rights};
    memcpy(entry.sender, subject, strlen(subject) + 1);
    memcpy(entry.head, previous, KEY);
    memcpy(entry.key, key, KEY);
    struct buf stated = signed_of(a->segment, &entry, NULL, 0);
    sign(entry.signature, m->identity, stated);
    if (!put_cell(a->s, at_entry(a->s, serial - 1), ENTRY_CELL, encode(&entry)))
        return refuse(a, "SEG-STORE-5", "the entry does not fit its cell");
    m->signed_serial = (uint32_t)serial;
    digest(m->signed_head, stated);
    return true;
}

void do_create(struct act *a)
{
    struct member *m = a->m;
    const uint8_t *creators = static_key_of(m, m->creator);
    struct record header = {.kind = HEADER, .version = 1, .suite = "LR0", .profile = "hardened",
                            .capacity = m->capacity};
    uint8_t made[KEY], root[KEY];
    refusal why = NULL;
    if (attached(m, &why) && word(a->s, at_state()) != ABSENT) {
        refuse(a, "SEG-CREATE-1", "a header stands there, or did");
        return;
    }
    if (!creators || !same(creators, m->public, KEY)) {
        refuse(a, "SEG-CREATE-2", "not the creator's key");
        return;
    }
    if (why || m->store.fd >= 0 || (why = store_create(&m->store, m->room, &m->capacity))) {
        refuse(a, why ? why : "SEG-STORE-3", "the object cannot be made");
        return;
    }
    fresh(a, made, "segment", NULL, NULL, NULL);
    digest(a->segment, transcript("LR-SEG-ID", "BBiis", made, m->public, (uint64_t)1, (uint64_t)1, "replay"));
    memcpy(header.sender, m->name, NAME);
    memcpy(header.key, m->public, KEY);
    memcpy(header.segment, a->segment, KEY);
    sign(header.signature, m->identity, signed_of(a->segment, &header, NULL, 0));
    digest(root, transcript("LR-SEG-ROOT", "B", a->segment));
    put_cell(a->s, at_header_cell(), HEADER_CELL, encode(&header));
    add_entry(a, 1, root, m->name, m->public, ALL_RIGHTS);
    put_word(a->s, at_count(a->s), 1);
    put_word(a->s, at_state(), LIVE);
    m->creates = true;
    memcpy(m->signed_segment, a->segment, KEY);
    unlock(a->s, LOCK_ACL);
    unlock(a->s, LOCK_HEADER);
    if (!save_creator(m))
        refuse(a, "SEG-GRANT-3", "the creator's file cannot be written");
    event(a, json_pack("{ss}", "event", "Created"));
}

static void state_rights(struct act *a, const uint8_t *key, uint8_t rights)
{
    static const char *const names[] = {"join", "exchange", "send"};
    uint64_t n = a->list.n;
    json_t *listed = json_array();
    if (!add_entry(a, n + 1, a->list.at[n - 1].head, a->subject, key, rights)) {
        json_decref(listed);
        return;
    }
    flip(&a->flips, LOCK_ACL, at_count(a->s), n + 1);
    for (int i = 0; i < 3; i++)
        if (rights >> i & 1)
            json_array_append_new(listed, json_string(names[i]));
    event(a, json_pack("{ss ss so sI}", "event", "Granted", "subject", a->subject, "rights", listed, "serial",
                       (json_int_t)(n + 1)));
}

void do_grant(struct act *a)
{
    char names[64][NAME];
    if (!header_stands(a) || !list_verified(a))
        return;
    const struct entry *now = last_of(&a->list, a->list.n, a->subject);
    if (!a->rights || (a->rights & ~ALL_RIGHTS))
        refuse(a, "SEG-GRANT-4", "no right");
    else if (now && now->rights == a->rights && same(now->key, a->key, KEY))
        refuse(a, "SEG-GRANT-2", "the list states just that");
    else if (!now && subjects_of(&a->list, 64, names) >= a->s->c.members)
        refuse(a, "SEG-FULL-4", "as many names as the capacity has members");
    else if (a->list.n >= a->s->c.entries)
        refuse(a, "SEG-FULL-6", "the list is full");
    else
        state_rights(a, a->key, a->rights);
}

void do_revoke(struct act *a)
{
    if (!header_stands(a) || !list_verified(a))
        return;
    const struct entry *now = last_of(&a->list, a->list.n, a->subject);
    if (!now || !now->rights)
        refuse(a, "SEG-REVOKE-1", "the name has no rights");
    else if (a->list.n >= a->s->c.entries)
        refuse(a, "SEG-FULL-6", "the list is full");
    else
        state_rights(a, now->key, 0);
}

/* The mark alone: in a trace the runner removes the names (ADAPTER-COMMAND-3). */
void do_destroy(struct act *a)
{
    if (!header_stands(a))
        return;
    flip(&a->flips, LOCK_HEADER, at_state(), DESTROYED);
    event(a, json_pack("{ss}", "event", "SegmentDestroyed"));
}
