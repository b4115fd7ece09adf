/* The object: where everything lies in it, its words and cells (SEG-STORE), locks, lives and journals. Whatever is read
 * from it is copied out first and checked by whoever uses it (SEG-STORE-14). */
#ifndef STORE_H
#define STORE_H

#include "records.h"

enum { SLOTS = 128, LOCK_HEADER = 0, LOCK_ACL = 1, LOCK_BOARD = 2, LOCK_INBOX = 64, LOCK_LIFE = 128 };
enum { ABSENT, LIVE, DESTROYED };
enum { HEADER_CELL = 896, ENTRY_CELL = 512, HALF = 2048 };

struct store {
    int fd;                 /* -1: not attached */
    uint8_t *at;
    char room[NAME];
    struct capacity c;      /* as it was checked (SEG-STORE-8) */
    uint64_t acl, board, board_item, inboxes, ring, lives, commits, journals, journal, total;
    int life;               /* the index whose life lock is held, -1: none */
    uint64_t step;          /* the last step's number in the journal */
};

/* Why an operation of the store failed: a clause, NULL when it did not. */
typedef const char *refusal;

/* ---- the object */
refusal store_fits(const struct capacity *c); /* SEG-STORE-5 */
/* Attaches; `absent` says that there is no object, or an unfinished one. */
refusal store_attach(struct store *s, const char *room, bool *absent);
/* Makes the object, its words and semaphores, and holds the locks of header and list. */
refusal store_create(struct store *s, const char *room, const struct capacity *c);
/* Removes semaphores, then the name, if it still leads here. */
void store_remove(struct store *s);
bool store_named(const struct store *s);
/* Lets go of everything, as a process does that ends. */
void store_close(struct store *s);

uint64_t word(const struct store *s, uint64_t offset);
void put_word(struct store *s, uint64_t offset, uint64_t value);
/* A copy of what is in the cell; false for a length beyond it. */
bool cell(const struct store *s, uint64_t offset, uint64_t size, struct buf *to);
bool put_cell(struct store *s, uint64_t offset, uint64_t size, struct buf record);

uint64_t at_state(void);
uint64_t at_header_cell(void);
uint64_t at_count(const struct store *s);
uint64_t at_entry(const struct store *s, uint64_t entry);
uint64_t at_announced(const struct store *s, uint64_t member);
uint64_t at_posts(const struct store *s, uint64_t member);
uint64_t at_half(const struct store *s, uint64_t member, uint64_t half);
uint64_t at_post(const struct store *s, uint64_t member, uint64_t post);
uint64_t at_head(const struct store *s, uint64_t addressee, uint64_t sender);
uint64_t at_tail(const struct store *s, uint64_t addressee, uint64_t sender);
uint64_t at_record(const struct store *s, uint64_t addressee, uint64_t sender, uint64_t n);

/* How many records a lane has; false when it has none and no room (SEG-STORE-15). */
bool lane(const struct store *s, uint64_t addressee, uint64_t sender, uint64_t *n);
/* How many posts, or entries, as many as there can be at most (SEG-STORE-9). */
uint64_t posts_of(const struct store *s, uint64_t member);
uint64_t entries_of(const struct store *s);

/* ---- locks */
enum { UNLOCKED, SHARED, EXCLUSIVE };
struct footprint {
    uint8_t mode[SLOTS]; /* of each lock byte */
};
/* Takes the locks, with nobody's unfinished step in what they guard; else nothing is held. */
refusal hold(struct store *s, const struct footprint *f);
void let_go(struct store *s, const struct footprint *f);
/* One byte, tried once. */
bool try_lock(struct store *s, int byte, int mode);
void unlock(struct store *s, int byte);
bool locked_by_other(const struct store *s, int byte);

/* ---- lives */
/* Takes the life lock of that index, and finishes what an earlier holder committed. */
refusal life_take(struct store *s, uint64_t index, refusal held);
void life_leave(struct store *s);
bool lives(const struct store *s, uint64_t index);        /* its lock is held */
bool is_dead(const struct store *s, uint64_t index);      /* SEG-LIFE-3 and 4 */

/* ---- steps */
struct flip {
    uint64_t offset, value;
};
struct flips {
    struct flip at[SLOTS];
    size_t n;
    uint64_t slots[2];
};
void flip(struct flips *to, int lock, uint64_t offset, uint64_t value);
/* All of them or none, whenever this process is killed. */
void commit(struct store *s, const struct flips *flips);
/* Clears the journals that touch what is locked by `f`, which is held. False: they were let go of, begin again. */
bool recovered(struct store *s, const struct footprint *f, refusal *why);
void wake(const struct store *s, uint64_t index);

#endif
