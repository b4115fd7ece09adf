/* The table of operations: who may, which locks, which function. Every operation takes the locks of its footprint
 * first, and all of it happens under them (SEG-JOURNAL-6 allows that; that no cryptography runs under a lock is a
 * SHOULD, and this implementation is small instead). */
#include "member.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum who { ANYBODY, CREATOR, OUTSIDE, JOINED };
enum peer { NO_PEER, ITS_BOARD, ITS_INBOX, MY_INBOX };

static const struct operation {
    const char *name;
    enum who who;
    uint8_t header, acl, board, inbox; /* lock modes; the inbox is this member's */
    uint8_t peers_inbox;
    void (*act)(struct act *);
} OPERATIONS[] = {
    {"grant", CREATOR, SHARED, EXCLUSIVE, 0, 0, 0, do_grant},
    {"revoke", CREATOR, SHARED, EXCLUSIVE, 0, 0, 0, do_revoke},
    {"destroy", CREATOR, EXCLUSIVE, 0, 0, 0, 0, do_destroy},
    {"join", OUTSIDE, SHARED, SHARED, EXCLUSIVE, EXCLUSIVE, 0, do_join},
    {"review", JOINED, SHARED, SHARED, 0, SHARED, 0, do_review},
    {"exchange", JOINED, SHARED, SHARED, SHARED, 0, EXCLUSIVE, do_exchange},
    {"accept", JOINED, SHARED, SHARED, 0, EXCLUSIVE, 0, do_accept},
    {"send", JOINED, SHARED, 0, SHARED, 0, EXCLUSIVE, do_send},
    {"multicast", JOINED, SHARED, 0, SHARED, 0, EXCLUSIVE, do_multicast},
    {"receive", JOINED, SHARED, 0, 0, EXCLUSIVE, 0, do_receive},
    {"publish", JOINED, SHARED, 0, EXCLUSIVE, 0, 0, do_publish},
    {"read", JOINED, SHARED, 0, SHARED, 0, 0, do_read},
    {"rotate", JOINED, SHARED, 0, SHARED, 0, EXCLUSIVE, do_rotate},
    {"acknowledge", JOINED, SHARED, 0, SHARED, 0, EXCLUSIVE, do_acknowledge},
    {"leave", JOINED, 0, 0, EXCLUSIVE, EXCLUSIVE, 0, do_leave},
    {"reap", JOINED, SHARED, 0, EXCLUSIVE, 0, EXCLUSIVE, do_reap},
};

bool attached(struct member *m, refusal *why)
{
    bool absent = false;
    if (m->store.fd < 0)
        *why = store_attach(&m->store, m->room, &absent);
    return m->store.fd >= 0;
}

/* Where this member and the peers are, and the locks that follow. */
static struct footprint footprint_of(struct act *a, const struct operation *op)
{
    struct footprint f = {.mode = {[LOCK_HEADER] = op->header, [LOCK_ACL] = op->acl, [LOCK_BOARD] = op->board}};
    a->me = a->s->life >= 0 ? a->s->life : place_of(a->m, a->m->name);
    for (size_t i = 0; i < a->n_peers; i++) {
        a->places[i] = place_of(a->m, a->peers[i]);
        if (op->peers_inbox && a->places[i] >= 0)
            f.mode[LOCK_INBOX + a->places[i]] = op->peers_inbox;
    }
    if (op->inbox && a->me >= 0)
        f.mode[LOCK_INBOX + a->me] = op->inbox;
    return f;
}

/* The locks, and nobody's place changed while they were taken. */
static struct footprint held(struct act *a, const struct operation *op)
{
    struct footprint f = footprint_of(a, op), now;
    while (!(a->clause = hold(a->s, &f))) {
        now = footprint_of(a, op);
        if (same(&f, &now, sizeof f))
            break;
        let_go(a->s, &f);
        f = now;
    }
    return f;
}

static void attempt(struct act *a, const struct operation *op)
{
    struct footprint f = held(a, op);
    if (a->clause) {
        a->detail = "the locks cannot be had";
        return;
    }
    op->act(a);
    if (!a->clause || a->removes)
        commit(a->s, &a->flips);
    if (!a->clause && op->who == CREATOR && !save_creator(a->m))
        refuse(a, "SEG-GRANT-3", "the creator's file cannot be written");
    let_go(a->s, &f);
    for (size_t i = 0; !a->clause && i < a->n_wakes; i++)
        wake(a->s, (uint64_t)a->wakes[i]);
}

static void begin(struct act *a, const struct operation *op)
{
    struct member *m = a->m;
    refusal why = NULL;
    if (op->who == CREATOR && !m->creates)
        refuse(a, "SEG-WHO-1", "the creator's alone");
    else if (op->who == OUTSIDE && m->joined)
        refuse(a, "SEG-WHO-2", "joined already");
    else if (op->who == JOINED && !m->joined)
        refuse(a, "SEG-WHO-3", "not joined");
    else if (!attached(m, &why))
        refuse(a, why ? why : "SEG-HEADER-1", why ? "the object is none of this layout" : "there is no object");
    if (a->clause)
        return;
    attempt(a, op);
    if (a->wants_life) {
        a->wants_life = false;
        if ((a->clause = life_take(a->s, (uint64_t)a->me, "SEG-JOIN-3"))) {
            a->detail = "the life lock cannot be had";
            return;
        }
        attempt(a, op);
        if (a->clause)
            life_leave(a->s);
    }
    if (a->leaves) {
        life_leave(a->s);
        forget_stay(m);
    }
}

bool perform(struct act *a, const char *operation)
{
    a->s = &a->m->store;
    a->places = arena((a->n_peers + 1) * sizeof *a->places);
    if (!strcmp(operation, "create")) {
        do_create(a);
        return true;
    }
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        if (!strcmp(operation, OPERATIONS[i].name)) {
            begin(a, &OPERATIONS[i]);
            return true;
        }
    return false;
}

/* ---- what is visible */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static json_t *pending_of(const struct store *s, char (*names)[NAME], size_t n, const char (*sorted)[NAME],
                          uint64_t addressee)
{
    json_t *from = json_object();
    for (size_t k = 0; k < n; k++)
        for (uint64_t sender = 0; sender < n; sender++) {
            uint64_t records = 0;
            if (!strcmp(names[sender], sorted[k]) && lane(s, addressee, sender, &records) && records)
                json_object_set_new(from, names[sender], json_integer((json_int_t)records));
        }
    return from;
}

static json_t *seen(struct store *s, char (*names)[NAME], size_t n)
{
    static const char *const states[] = {"absent", "live", "destroyed"};
    uint64_t state = word(s, at_state());
    json_t *announced = json_array(), *posts = json_object(), *pending = json_object(), *alive = json_array();
    char (*sorted)[NAME] = arena((n + 1) * NAME);
    memcpy(sorted, names, n * NAME);
    qsort(sorted, n, NAME, by_name);
    for (size_t k = 0; k < n; k++)
        for (uint64_t i = 0; i < n; i++) {
            if (strcmp(names[i], sorted[k]))
                continue;
            if (word(s, at_announced(s, i)))
                json_array_append_new(announced, json_string(names[i]));
            if (posts_of(s, i))
                json_object_set_new(posts, names[i], json_integer((json_int_t)posts_of(s, i)));
            if (lives(s, i))
                json_array_append_new(alive, json_string(names[i]));
            json_t *from = pending_of(s, names, n, (const char(*)[NAME])sorted, i);
            if (json_object_size(from))
                json_object_set(pending, names[i], from);
            json_decref(from);
        }
    return json_pack("{ss sI so so so so}", "header", state <= DESTROYED ? states[state] : "live", "acl",
                     (json_int_t)entries_of(s), "announced", announced, "posts", posts, "pending", pending, "alive",
                     alive);
}

/* Also of an object that nobody may attach to. */
static json_t *nothing(void)
{
    return json_pack("{ss si s[] s{} s{} s[]}", "header", "absent", "acl", 0, "announced", "posts", "pending", "alive");
}

/* The names by their places: as found before, where the list says less than it did (SEG-ACL-9). */
static void keep_names(struct member *m)
{
    char (*names)[NAME] = arena(64 * NAME);
    size_t n = known_names(m, names), same = 0;
    while (same < n && same < m->n_named && !strcmp(names[same], m->named[same]))
        same++;
    if (same == n && m->named)
        return;
    m->named = grown(m->named, n * NAME);
    memcpy(m->named, names, n * NAME);
    m->n_named = n;
}

json_t *observe(struct member *m)
{
    refusal why = NULL;
    struct footprint f = {.mode = {[LOCK_HEADER] = SHARED, [LOCK_ACL] = SHARED, [LOCK_BOARD] = SHARED}};
    if (!attached(m, &why))
        return nothing();
    for (uint32_t i = 0; i < m->store.c.members; i++)
        f.mode[LOCK_INBOX + (int)i] = SHARED;
    if (hold(&m->store, &f))
        return NULL;
    keep_names(m);
    json_t *found = word(&m->store, at_state()) ? seen(&m->store, m->named, m->n_named) : nothing();
    let_go(&m->store, &f);
    return found;
}

/* ---- the creator's file: segment id, last serial, head (SEG-GRANT-1) */

enum { FILE_SIZE = KEY + 4 + KEY };

static char *file_of(const struct member *m, const char *suffix)
{
    size_t n = strlen(m->directory) + 32;
    char *path = arena(n);
    snprintf(path, n, "%s/creator%s", m->directory, suffix);
    return path;
}

void load_creator(struct member *m)
{
    uint8_t bytes[FILE_SIZE + 1];
    int fd = open(file_of(m, ""), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    if (n != FILE_SIZE)
        return;
    m->creates = true;
    memcpy(m->signed_segment, bytes, KEY);
    m->signed_serial = (uint32_t)big_endian(bytes + KEY, 4);
    memcpy(m->signed_head, bytes + KEY + 4, KEY);
}

bool save_creator(const struct member *m)
{
    struct buf bytes = {0};
    char *path = file_of(m, ".new");
    put(&bytes, m->signed_segment, KEY);
    put_number(&bytes, m->signed_serial, 4);
    put(&bytes, m->signed_head, KEY);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = write(fd, bytes.b, bytes.n) == (ssize_t)bytes.n && fsync(fd) == 0;
    return close(fd) == 0 && written && rename(path, file_of(m, "")) == 0;
}
