/* The records of a segment: one encoding each (SEG-RECORD-3), and what is signed or authenticated of them. A record
 * points into what it was decoded from. */
#ifndef RECORDS_H
#define RECORDS_H

#include "base.h"

enum { HEADER = 1, ENTRY, ANNOUNCEMENT, EXCHANGE, MESSAGE, POST };
enum { JOIN = 1, MAY_EXCHANGE = 2, SEND = 4, ALL_RIGHTS = 7 };
enum { PLAIN, ROTATION, ACKNOWLEDGEMENT };

struct capacity {
    uint32_t members, quota, posts, entries, record;
};

struct epoch_id {
    uint32_t number;
    char proposer[NAME];
};

/* Any record; which fields count depends on `kind`. */
struct record {
    uint8_t kind;
    uint16_t version;                 /* header */
    char suite[NAME], profile[NAME];  /* header */
    struct capacity capacity;         /* header */
    char sender[NAME];                /* and the creator, the subject, the announced */
    char recipient[NAME];
    uint8_t key[KEY];                 /* header, entry */
    uint8_t segment[KEY];             /* header */
    uint8_t incarnation[KEY];         /* the sender's */
    uint8_t recipient_incarnation[KEY];
    uint32_t serial;
    uint8_t head[KEY];                /* and an entry's `previous` */
    uint8_t rights, flags;
    uint32_t rotation;
    struct epoch_id epoch;
    uint64_t sequence;                /* and a post's number */
    uint8_t wrapped[WRAPPED];
    const uint8_t *var;               /* the ephemeral key, the ciphertext, what is sealed */
    size_t var_n;
    uint8_t signature[SIGNATURE];
};

bool decode(struct record *to, const uint8_t *bytes, size_t n);
struct buf encode(const struct record *record);

/* What its maker signs, or authenticates beside the seal; `ephemeral` is for exchanges alone: the taker's key. */
struct buf signed_of(const uint8_t segment[KEY], const struct record *record, const uint8_t *ephemeral, size_t n);
struct buf kek_context(const uint8_t segment[KEY], const char *maker, const char *taker, const uint8_t *makers,
                       const uint8_t *takers, const uint8_t *ephemeral, size_t n);

/* Whether a takes precedence over b (SEG-EPOCH-2). */
bool precedes(const struct epoch_id *a, const struct epoch_id *b);
bool same_epoch(const struct epoch_id *a, const struct epoch_id *b);

#endif
