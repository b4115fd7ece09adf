/* What most operations begin with: the header, the list, names and their places. */
#include "member.h"

#include <stdlib.h>
#include <string.h>

bool refuse(struct act *a, refusal clause, const char *detail)
{
    a->clause = clause;
    a->detail = detail;
    return false;
}

void event(struct act *a, json_t *event)
{
    json_array_append_new(a->events, event);
}

const uint8_t *static_key_of(const struct member *m, const char *name)
{
    for (size_t i = 0; i < m->n_keys; i++)
        if (!strcmp(m->keys[i].name, name))
            return m->keys[i].key;
    return NULL;
}

bool header_stands(struct act *a)
{
    struct member *m = a->m;
    struct record header;
    struct buf bytes;
    uint64_t state = word(a->s, at_state());
    const uint8_t *creator = static_key_of(m, m->creator);
    if (state == ABSENT)
        return refuse(a, "SEG-HEADER-1", "no header stands");
    if (state == DESTROYED)
        return refuse(a, "SEG-DESTROY-2", "the segment is destroyed");
    if (state != LIVE || !cell(a->s, at_header_cell(), HEADER_CELL, &bytes) ||
        !decode(&header, bytes.b, bytes.n) || header.kind != HEADER ||
        !same(&header.capacity, &a->s->c, sizeof header.capacity))
        return refuse(a, "SEG-HEADER-2", "the header makes no sense");
    if (header.version != 1 || strcmp(header.suite, "LR0") || strcmp(header.profile, "hardened"))
        return refuse(a, "SEG-HEADER-5", "another version, suite or profile");
    if (m->knows_segment && !same(header.segment, m->segment, KEY))
        return refuse(a, "SEG-HEADER-4", "another segment");
    if (!m->knows_segment && (!creator || !same(header.key, creator, KEY) ||
                              !verify(creator, header.signature, signed_of(header.segment, &header, NULL, 0))))
        return refuse(a, "SEG-HEADER-3", "not signed by the creator");
    memcpy(a->segment, header.segment, KEY);
    return true;
}

static bool as_remembered(const struct list *list, uint32_t serial, const uint8_t *head, struct act *a)
{
    if (list->n < serial)
        return refuse(a, "SEG-ACL-4", "the list ends before what is remembered");
    return !serial || same(list->at[serial - 1].head, head, KEY) ||
           refuse(a, "SEG-ACL-5", "the list is not the one remembered");
}

bool list_verified(struct act *a)
{
    const struct member *m = a->m;
    const uint8_t *creator = static_key_of(m, m->creator);
    struct list *list = &a->list;
    uint8_t head[KEY];
    uint64_t n = entries_of(a->s);

    list->at = arena(n * sizeof *list->at);
    digest(head, transcript("LR-SEG-ROOT", "B", a->segment));
    memcpy(list->root, head, KEY);
    for (list->n = 0; list->n < n; list->n++) {
        struct record record;
        struct buf bytes, stated;
        struct entry *entry = &list->at[list->n];
        if (!cell(a->s, at_entry(a->s, list->n), ENTRY_CELL, &bytes) || !decode(&record, bytes.b, bytes.n) ||
            record.kind != ENTRY || record.serial != list->n + 1 || !same(record.head, head, KEY))
            return refuse(a, "SEG-ACL-3", "an entry is out of place");
        stated = signed_of(a->segment, &record, NULL, 0);
        digest(head, stated);
        if (list->n >= m->known.n && !verify(creator, record.signature, stated))
            return refuse(a, "SEG-ACL-2", "an entry is not signed by the creator");
        memcpy(entry->subject, record.sender, NAME);
        memcpy(entry->key, record.key, KEY);
        memcpy(entry->head, head, KEY);
        entry->rights = record.rights & ALL_RIGHTS;
    }
    if (m->known.n && !as_remembered(list, (uint32_t)m->known.n, m->known.at[m->known.n - 1].head, a))
        return false;
    if (m->creates && !as_remembered(list, m->signed_serial, m->signed_head, a))
        return false;
    return list->n || refuse(a, "SEG-ACL-4", "the list is empty");
}

void keep_list(struct list *to, const struct list *from)
{
    to->at = grown(to->at, from->n * sizeof *to->at);
    memcpy(to->at, from->at, from->n * sizeof *to->at);
    to->n = from->n;
    memcpy(to->root, from->root, KEY);
}

void remember(struct act *a)
{
    if (!a->list.n)
        return;
    a->m->knows_segment = true;
    memcpy(a->m->segment, a->segment, KEY);
    keep_list(&a->m->known, &a->list);
}

const struct entry *last_of(const struct list *list, size_t n, const char *subject)
{
    for (size_t i = n; i-- > 0;)
        if (!strcmp(list->at[i].subject, subject))
            return &list->at[i];
    return NULL;
}

uint8_t rights_of(const struct list *list, const char *subject)
{
    const struct entry *entry = last_of(list, list->n, subject);
    return entry ? entry->rights : 0;
}

size_t subjects_of(const struct list *list, size_t limit, char (*names)[NAME])
{
    size_t n = 0;
    for (size_t i = 0; i < list->n && n < limit; i++) {
        size_t k = 0;
        while (k < n && strcmp(names[k], list->at[i].subject))
            k++;
        if (k == n)
            memcpy(names[n++], list->at[i].subject, NAME);
    }
    return n;
}

struct list raw_list(const struct store *s)
{
    uint64_t n = entries_of(s);
    struct list list = {.at = arena(n * sizeof *list.at)};
    for (; list.n < n; list.n++) {
        struct record record;
        struct buf bytes;
        if (!cell(s, at_entry(s, list.n), ENTRY_CELL, &bytes) || !decode(&record, bytes.b, bytes.n) ||
            record.kind != ENTRY)
            break;
        memcpy(list.at[list.n].subject, record.sender, NAME);
    }
    return list;
}

size_t known_names(const struct member *m, char (*names)[NAME])
{
    const struct list raw = raw_list(&m->store);
    char (*stated)[NAME] = arena((size_t)m->store.c.members * NAME);
    size_t n = subjects_of(&m->known, m->store.c.members, names);
    size_t others = subjects_of(&raw, m->store.c.members, stated);
    for (size_t i = 0; i < others && n < m->store.c.members; i++) {
        size_t k = 0;
        while (k < n && strcmp(names[k], stated[i]))
            k++;
        if (k == n)
            memcpy(names[n++], stated[i], NAME);
    }
    return n;
}

int place_of(const struct member *m, const char *name)
{
    /* What was verified decides; who came since is found where the list says (an index never changes). */
    const struct list raw = raw_list(&m->store), *lists[] = {&m->known, &raw};
    char (*names)[NAME] = arena((size_t)m->store.c.members * NAME);
    for (int which = 0; which < 2; which++) {
        size_t n = subjects_of(lists[which], m->store.c.members, names);
        for (size_t i = 0; i < n; i++)
            if (!strcmp(names[i], name))
                return (int)i;
    }
    return -1;
}

bool takes_away(const struct list *list, size_t entry)
{
    const struct entry *now = &list->at[entry], *before = last_of(list, entry, now->subject);
    return before && ((before->rights & ~now->rights) || !same(before->key, now->key, KEY));
}

bool list_has(const struct list *list, uint32_t serial, const uint8_t head[KEY])
{
    return serial <= list->n && same(serial ? list->at[serial - 1].head : list->root, head, KEY);
}

void fresh(const struct act *a, uint8_t out[KEY], const char *purpose, const char *peer, const uint8_t *incarnation,
           const uint64_t *sequence)
{
    struct buf context;
    if (sequence)
        context = transcript("LR-TRACE-FRESH", "sis(sBi)", a->m->name, a->step, purpose, peer, incarnation, *sequence);
    else if (peer)
        context = transcript("LR-TRACE-FRESH", "sis(sB)", a->m->name, a->step, purpose, peer, incarnation);
    else
        context = transcript("LR-TRACE-FRESH", "sis()", a->m->name, a->step, purpose);
    derive(out, a->m->seed, "trace", context);
}
