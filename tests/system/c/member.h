/* A member: its private state, and one operation in the making. The operations' files say what each does. */
#ifndef MEMBER_H
#define MEMBER_H

#include <jansson.h>

#include "crypto.h"
#include "store.h"

struct entry {
    char subject[NAME];
    uint8_t key[KEY], head[KEY]; /* `head`: the one after it */
    uint8_t rights;
};

struct list {
    struct entry *at;
    size_t n;
    uint8_t root[KEY]; /* the head of the empty list */
};

struct epoch {
    struct epoch_id id;
    uint8_t send[KEY], receive[KEY], rotation[KEY], board[KEY];
};

/* What is shared with one incarnation of one peer. */
struct session {
    char peer[NAME];
    uint8_t incarnation[KEY];
    bool made, accepted;   /* this side's exchange, the peer's */
    bool ended;            /* found dead: only read from */
    bool consumed, past;   /* anything; through with it (SEG-RECEIVE-9) */
    struct epoch *epochs;
    size_t n;
    struct epoch_id sends, floor; /* what this side sends under; the least that it opens */
    bool proposing, owing;
    struct epoch_id proposal, owed;
    uint32_t highest;      /* rotation number known */
    uint64_t sent, received;
};

/* Two marks in one: a revocation closed the session with that incarnation, had there been one or not (`kind` 0); and a
 * record that lay in the inbox then, by the digest of its signature or seal (SEG-REVIEW-2). */
struct mark {
    char peer[NAME];
    uint8_t incarnation[KEY], of[KEY];
    int kind;
};

struct static_key {
    char name[NAME];
    uint8_t key[KEY];
};

struct member {
    char name[NAME], creator[NAME], room[NAME], *directory;
    uint8_t identity[KEY], public[KEY], seed[KEY];
    struct capacity capacity; /* what create takes */
    struct static_key *keys;
    size_t n_keys;

    struct store store;
    bool knows_segment;
    uint8_t segment[KEY];
    struct list known;        /* as it was verified last */
    char (*named)[NAME];      /* who was found at which place, by observations: an index never changes (SEG-ACL-9) */
    size_t n_named;
    bool creates;             /* holds the creator's file: the last serial and head that it signed */
    uint32_t signed_serial;
    uint8_t signed_segment[KEY], signed_head[KEY];

    bool joined;
    uint8_t incarnation[KEY], ephemeral[KEY], ephemeral_public[KEY];
    uint64_t published;
    struct session *sessions;
    size_t n_sessions;
    struct mark *marks;
    size_t n_marks;
};

/* One operation: what it is told, what it finds, what it does to the store, what its caller sees. */
struct act {
    struct member *m;
    struct store *s;
    uint64_t step;
    const char *peer, **peers, *subject;
    size_t n_peers;
    const uint8_t *body, *key;
    size_t body_n;
    uint8_t rights;

    int me, *places;          /* indices: this member's, each peer's; -1: none */
    uint8_t segment[KEY];     /* of the accepted header */
    struct list list;         /* verified, by the operations that read it */
    struct flips flips;
    int wakes[64];
    size_t n_wakes;
    json_t *events;
    refusal clause;
    const char *detail;
    bool removes;             /* the refusal takes the record away */
    bool wants_life, leaves;
};

/* Always false, for `return refuse(…)`. */
bool refuse(struct act *a, refusal clause, const char *detail);
void event(struct act *a, json_t *event);

/* ---- checks.c: what most operations begin with */
bool header_stands(struct act *a);
bool list_verified(struct act *a); /* after the header */
void remember(struct act *a);      /* the list, if it was verified, and its segment */
void keep_list(struct list *to, const struct list *from);
const struct entry *last_of(const struct list *list, size_t n, const char *subject);
uint8_t rights_of(const struct list *list, const char *subject);
size_t subjects_of(const struct list *list, size_t limit, char (*names)[NAME]);
struct list raw_list(const struct store *s); /* unverified, up to the first entry that makes no sense */
int place_of(const struct member *m, const char *name);
size_t known_names(const struct member *m, char (*names)[NAME]); /* by their places */
/* Whether the entry takes rights away, or the name from its key. */
bool takes_away(const struct list *list, size_t entry);
bool list_has(const struct list *list, uint32_t serial, const uint8_t head[KEY]);
const uint8_t *static_key_of(const struct member *m, const char *name);

/* ---- entropy (ADAPTER-ENTROPY-1); a peer's incarnation and a sequence number where the purpose has them */
void fresh(const struct act *a, uint8_t out[KEY], const char *purpose, const char *peer, const uint8_t *incarnation,
           const uint64_t *sequence);

/* ---- sessions.c */
enum { NOTHING, NONSENSE, ANNOUNCED };
int announcement_of(const struct store *s, int place, struct record *to);
struct session *session_with(struct member *m, const char *peer, const uint8_t incarnation[KEY]);
struct session *new_session(struct member *m, const char *peer, const uint8_t incarnation[KEY]);
struct epoch *epoch_of(struct session *session, const struct epoch_id *id);
void add_epoch(const struct act *a, struct session *session, const struct epoch_id *id, const uint8_t master[KEY]);
void drop_epoch(struct session *session, const struct epoch_id *id);
/* Something of this incarnation was consumed: the others are over. */
void consumed(struct member *m, struct session *session);
/* Kind 0: closed at all, of no bytes. */
bool marked(const struct member *m, const char *peer, const uint8_t *incarnation, int kind, const uint8_t *bytes,
            size_t n);
void mark(struct member *m, const char *peer, const uint8_t *incarnation, int kind, const uint8_t *bytes, size_t n);
bool closed(const struct member *m, const char *peer, const uint8_t *incarnation);
void forget_stay(struct member *m);
/* The session with an announced incarnation to send to or read from; NULL: refused. */
struct session *open_session(struct act *a, const char *peer, int place);
/* The first record of the peer's lane here, decoded; NOTHING, NONSENSE, or its kind. */
int first_record(struct act *a, struct record *to);
void take_first(struct act *a);
bool remove_first(struct act *a, refusal clause, const char *detail);
bool append(struct act *a, int place, struct buf record);
void purge(struct act *a, int place);
void withdraw(struct act *a, int place);

/* ---- the operations */
void do_create(struct act *a);
void do_grant(struct act *a);
void do_revoke(struct act *a);
void do_destroy(struct act *a);
void do_join(struct act *a);
void do_review(struct act *a);
void do_leave(struct act *a);
void do_reap(struct act *a);
void do_exchange(struct act *a);
void do_accept(struct act *a);
void do_send(struct act *a);
void do_multicast(struct act *a);
void do_publish(struct act *a);
void do_rotate(struct act *a);
void do_acknowledge(struct act *a);
void do_receive(struct act *a);
void do_read(struct act *a);

/* ---- perform.c */
/* Performs the operation of that name; false when there is none. */
bool perform(struct act *a, const char *operation);
/* Opens the room's object if it is not; false when there is none. */
bool attached(struct member *m, refusal *why);
json_t *observe(struct member *m);
void load_creator(struct member *m);
bool save_creator(const struct member *m);

#endif
