#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REGION = 1024, RECORD_LEAST = 312, VERSION = 1 };
static const uint64_t LARGEST = 4294967296;
static const char MAGIC[] = "LKDROOM1";

static uint64_t rounded(uint64_t n)
{
    return (n + 63) / 64 * 64;
}

static void lay_out(struct store *s, const struct capacity *c)
{
    uint64_t members = c->members;
    s->c = *c;
    s->acl = REGION;
    s->board = s->acl + (uint64_t)c->entries * ENTRY_CELL + 64;
    s->board_item = rounded((uint64_t)c->posts * c->record + 4160);
    s->inboxes = s->board + members * s->board_item;
    s->ring = rounded(((uint64_t)c->quota + 1) * c->record + 128);
    s->lives = s->inboxes + members * members * s->ring;
    s->commits = s->lives + members * 64;
    s->journals = s->commits + rounded(members * 8);
    s->journal = rounded((members + 2) * 16 + 64);
    s->total = s->journals + members * s->journal;
}

static bool within(const struct capacity *c)
{
    return c->members >= 1 && c->members <= 64 && c->quota >= 1 && c->quota <= 4096 && c->posts <= 4096 &&
           c->entries >= 1 && c->entries <= 65536 && c->record >= 256 && c->record <= 1048576;
}

refusal store_fits(const struct capacity *c)
{
    struct store s;
    if (!within(c) || c->record % 8 || c->record < RECORD_LEAST)
        return "SEG-STORE-5";
    lay_out(&s, c);
    return s.total > LARGEST ? "SEG-STORE-5" : NULL;
}

/* ---- words and cells */

uint64_t word(const struct store *s, uint64_t offset)
{
    return atomic_load((const _Atomic uint64_t *)(const void *)(s->at + offset));
}

void put_word(struct store *s, uint64_t offset, uint64_t value)
{
    atomic_store((_Atomic uint64_t *)(void *)(s->at + offset), value);
}

bool cell(const struct store *s, uint64_t offset, uint64_t size, struct buf *to)
{
    uint8_t length[4];
    memcpy(length, s->at + offset, 4);
    uint64_t n = length[0] | (uint64_t)length[1] << 8 | (uint64_t)length[2] << 16 | (uint64_t)length[3] << 24;
    if (n > size - 4)
        return false;
    *to = (struct buf){.b = arena(n), .n = n, .room = n}; /* no longer than that, so that a sanitizer sees its end */
    memcpy(to->b, s->at + offset + 4, n);
    return true;
}

bool put_cell(struct store *s, uint64_t offset, uint64_t size, struct buf record)
{
    if (record.n > size - 4)
        return false;
    for (int i = 0; i < 4; i++)
        s->at[offset + (uint64_t)i] = (uint8_t)(record.n >> 8 * i);
    memcpy(s->at + offset + 4, record.b, record.n);
    return true;
}

uint64_t at_state(void)
{
    return 64;
}

uint64_t at_header_cell(void)
{
    return 128;
}

uint64_t at_count(const struct store *s)
{
    return s->acl;
}

uint64_t at_entry(const struct store *s, uint64_t entry)
{
    return s->acl + 64 + entry * ENTRY_CELL;
}

uint64_t at_announced(const struct store *s, uint64_t member)
{
    return s->board + member * s->board_item;
}

uint64_t at_posts(const struct store *s, uint64_t member)
{
    return at_announced(s, member) + 8;
}

uint64_t at_half(const struct store *s, uint64_t member, uint64_t half)
{
    return at_announced(s, member) + 64 + half * HALF;
}

uint64_t at_post(const struct store *s, uint64_t member, uint64_t post)
{
    return at_announced(s, member) + 4160 + post * s->c.record;
}

uint64_t at_head(const struct store *s, uint64_t addressee, uint64_t sender)
{
    return s->inboxes + (addressee * s->c.members + sender) * s->ring;
}

uint64_t at_tail(const struct store *s, uint64_t addressee, uint64_t sender)
{
    return at_head(s, addressee, sender) + 64;
}

uint64_t at_record(const struct store *s, uint64_t addressee, uint64_t sender, uint64_t n)
{
    return at_head(s, addressee, sender) + 128 + n % (s->c.quota + 1) * s->c.record;
}

bool lane(const struct store *s, uint64_t addressee, uint64_t sender, uint64_t *n)
{
    *n = word(s, at_tail(s, addressee, sender)) - word(s, at_head(s, addressee, sender));
    if (*n <= s->c.quota + 1)
        return true;
    *n = 0;
    return false;
}

uint64_t posts_of(const struct store *s, uint64_t member)
{
    uint64_t n = word(s, at_posts(s, member));
    return n < s->c.posts ? n : s->c.posts;
}

uint64_t entries_of(const struct store *s)
{
    uint64_t n = word(s, at_count(s));
    return n < s->c.entries ? n : s->c.entries;
}

/* ---- the object */

static char *object_name(const char *room)
{
    char *name = arena(64);
    snprintf(name, 64, "/lockedroom.%s", room);
    return name;
}

static char *semaphore_name(const char *room, uint64_t index)
{
    char *name = arena(64);
    snprintf(name, 64, "/lockedroom.%s.%u", room, (unsigned)index);
    return name;
}

static refusal map(struct store *s, uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
    if (at == MAP_FAILED)
        return "SEG-STORE-8";
    s->at = at;
    s->total = size;
    return NULL;
}

/* Checks what is mapped, which is `size` bytes. */
static refusal checked(struct store *s, uint64_t size)
{
    uint64_t numbers[8];
    for (uint64_t i = 0; i < 8; i++)
        numbers[i] = word(s, i * 8);
    if (numbers[0] == 0)
        return "SEG-STORE-7";
    if (!same(&numbers[0], MAGIC, 8) || numbers[1] != VERSION)
        return "SEG-STORE-8";
    for (int i = 2; i < 7; i++)
        if (numbers[i] > UINT32_MAX)
            return "SEG-STORE-8";
    struct capacity c = {(uint32_t)numbers[2], (uint32_t)numbers[3], (uint32_t)numbers[4], (uint32_t)numbers[5],
                         (uint32_t)numbers[6]};
    if (store_fits(&c))
        return "SEG-STORE-8";
    lay_out(s, &c);
    return s->total == size && numbers[7] == size ? NULL : "SEG-STORE-8";
}

refusal store_attach(struct store *s, const char *room, bool *absent)
{
    struct stat is;
    *s = (struct store){.fd = shm_open(object_name(room), O_RDWR | O_CLOEXEC, 0), .life = -1};
    snprintf(s->room, sizeof s->room, "%s", room);
    *absent = s->fd < 0 && errno == ENOENT;
    if (s->fd < 0)
        return *absent ? NULL : "SEG-STORE-4";
    refusal why = NULL;
    if (fstat(s->fd, &is) || !S_ISREG(is.st_mode))
        why = "SEG-STORE-8";
    else if (is.st_size == 0)
        why = "SEG-STORE-7";
    else if (is.st_size < REGION || (uint64_t)is.st_size > LARGEST)
        why = "SEG-STORE-8";
    else if (!(why = map(s, (uint64_t)is.st_size)))
        why = checked(s, (uint64_t)is.st_size);
    if (why) {
        s->total = s->at ? (uint64_t)is.st_size : 0;
        store_close(s);
    }
    return why;
}

static bool made_semaphores(const struct store *s)
{
    for (uint64_t i = 0; i < s->c.members; i++) {
        char *name = semaphore_name(s->room, i);
        sem_unlink(name);
        sem_t *made = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
        if (made == SEM_FAILED)
            return false;
        sem_close(made);
    }
    return true;
}

refusal store_create(struct store *s, const char *room, const struct capacity *c)
{
    uint64_t magic;
    refusal why = store_fits(c);
    if (why)
        return why;
    for (;;) {
        *s = (struct store){.fd = shm_open(object_name(room), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), .life = -1};
        if (s->fd < 0)
            return errno == EEXIST ? "SEG-STORE-3" : "SEG-STORE-4";
        snprintf(s->room, sizeof s->room, "%s", room);
        if (try_lock(s, LOCK_HEADER, EXCLUSIVE) && store_named(s))
            break;
        store_close(s);
    }
    lay_out(s, c);
    uint64_t size = s->total;
    if (fchmod(s->fd, 0600) || posix_fallocate(s->fd, 0, (off_t)size) || map(s, size) ||
        !try_lock(s, LOCK_ACL, EXCLUSIVE) || !made_semaphores(s)) {
        store_remove(s);
        store_close(s);
        return "SEG-STORE-6";
    }
    const uint64_t numbers[] = {VERSION, c->members, c->quota, c->posts, c->entries, c->record, size};
    for (uint64_t i = 0; i < 7; i++)
        put_word(s, 8 + i * 8, numbers[i]);
    memcpy(&magic, MAGIC, 8);
    put_word(s, 0, magic);
    return NULL;
}

bool store_named(const struct store *s)
{
    struct stat here, there;
    int fd = shm_open(object_name(s->room), O_RDONLY | O_CLOEXEC, 0);
    bool found = fd >= 0 && fstat(fd, &there) == 0 && fstat(s->fd, &here) == 0 && here.st_dev == there.st_dev &&
                 here.st_ino == there.st_ino;
    if (fd >= 0)
        close(fd);
    return found;
}

void store_remove(struct store *s)
{
    if (!store_named(s))
        return;
    for (uint64_t i = 0; i < s->c.members; i++)
        sem_unlink(semaphore_name(s->room, i));
    shm_unlink(object_name(s->room));
}

void store_close(struct store *s)
{
    life_leave(s);
    if (s->at)
        munmap(s->at, s->total);
    if (s->fd >= 0)
        close(s->fd);
    s->at = NULL;
    s->fd = -1;
}

void wake(const struct store *s, uint64_t index)
{
    int value;
    sem_t *semaphore = sem_open(semaphore_name(s->room, index), 0);
    if (semaphore == SEM_FAILED)
        return;
    if (sem_getvalue(semaphore, &value) == 0 && value <= 0)
        sem_post(semaphore);
    sem_close(semaphore);
}
