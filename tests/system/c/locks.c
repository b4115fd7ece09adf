/* Locks of open file descriptions (SEG-LOCK), lives (SEG-LIFE), and steps of several words (SEG-JOURNAL). */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

static const long FIRST_PAUSE = 50000, LONGEST_PAUSE = 5000000; /* ns */
static const int64_t PATIENCE = 5000000000;                     /* ns */

/* ---- locks */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool try_lock(struct store *s, int byte, int mode)
{
    struct flock lock = {
        .l_type = mode == SHARED ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(s->fd, F_OFD_SETLK, &lock) == 0;
}

void unlock(struct store *s, int byte)
{
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    fcntl(s->fd, F_OFD_SETLK, &lock);
}

bool locked_by_other(const struct store *s, int byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(s->fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

void let_go(struct store *s, const struct footprint *f)
{
    for (int byte = 0; byte < SLOTS; byte++)
        if (f->mode[byte])
            unlock(s, byte);
}

static bool take(struct store *s, const struct footprint *f, int64_t deadline)
{
    for (int byte = 0; byte < SLOTS; byte++) {
        long pause = FIRST_PAUSE;
        while (f->mode[byte] && !try_lock(s, byte, f->mode[byte])) {
            if (now() >= deadline) {
                for (int taken = 0; taken < byte; taken++)
                    if (f->mode[taken])
                        unlock(s, taken);
                return false;
            }
            nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
            pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
        }
    }
    return true;
}

refusal hold(struct store *s, const struct footprint *f)
{
    int64_t deadline = now() + PATIENCE;
    refusal why = NULL;
    do {
        if (now() >= deadline || !take(s, f, deadline))
            return "SEG-LOCK-1";
    } while (!recovered(s, f, &why) && !why);
    return why;
}

/* ---- journals */

static uint64_t at_commit(const struct store *s, uint64_t member)
{
    return s->commits + member * 8;
}

static uint64_t at_journal(const struct store *s, uint64_t member)
{
    return s->journals + member * s->journal;
}

void flip(struct flips *to, int lock, uint64_t offset, uint64_t value)
{
    to->at[to->n++] = (struct flip){offset, value};
    to->slots[lock / 64] |= (uint64_t)1 << lock % 64;
}

void commit(struct store *s, const struct flips *flips)
{
    if (flips->n > 1) {
        uint64_t at = at_journal(s, (uint64_t)s->life), number;
        if (!s->step && RAND_bytes((unsigned char *)&s->step, 4) != 1)
            s->step = (uint64_t)now();
        number = s->step = (s->step + 1) & 0xffffffffffff ? (s->step + 1) & 0xffffffffffff : 1;
        put_word(s, at, flips->slots[0]);
        put_word(s, at + 8, flips->slots[1]);
        for (size_t i = 0; i < flips->n; i++) {
            put_word(s, at + 64 + i * 16, flips->at[i].offset);
            put_word(s, at + 72 + i * 16, flips->at[i].value);
        }
        put_word(s, at_commit(s, (uint64_t)s->life), number << 16 | flips->n);
    }
    for (size_t i = 0; i < flips->n; i++)
        put_word(s, flips->at[i].offset, flips->at[i].value);
    if (flips->n > 1)
        put_word(s, at_commit(s, (uint64_t)s->life), 0);
}

static bool is_slot(const struct store *s, int lock)
{
    return lock == LOCK_HEADER || lock == LOCK_ACL || lock == LOCK_BOARD ||
           (lock >= LOCK_INBOX && lock < LOCK_INBOX + (int)s->c.members);
}

/* The slots that a journal names, exclusively; false when they cannot be believed: then all there are. */
static bool named(const struct store *s, const uint64_t slots[2], struct footprint *to)
{
    bool believed = slots[0] || slots[1];
    *to = (struct footprint){0};
    for (int lock = 0; lock < SLOTS; lock++) {
        if (!(slots[lock / 64] >> lock % 64 & 1))
            continue;
        believed = believed && is_slot(s, lock);
        to->mode[lock] = EXCLUSIVE;
    }
    for (int lock = 0; lock < SLOTS && !believed; lock++)
        to->mode[lock] = is_slot(s, lock) ? EXCLUSIVE : UNLOCKED;
    return believed;
}

/* The lock of the flipping word at that offset, or -1 (SEG-JOURNAL-1). */
static int lock_of(const struct store *s, uint64_t offset)
{
    if (offset == at_state())
        return LOCK_HEADER;
    if (offset == at_count(s))
        return LOCK_ACL;
    if (offset >= s->board && offset < s->inboxes)
        return (offset - s->board) % s->board_item <= 8 && (offset - s->board) % 8 == 0 ? LOCK_BOARD : -1;
    if (offset < s->inboxes || offset >= s->lives)
        return -1;
    uint64_t in = (offset - s->inboxes) % s->ring;
    return in == 0 || in == 64 ? LOCK_INBOX + (int)((offset - s->inboxes) / s->ring / s->c.members) : -1;
}

static void finish(struct store *s, uint64_t member, uint64_t commits, const struct footprint *slots, bool believed)
{
    uint64_t n = commits & 0xffff, at = at_journal(s, member) + 64;
    struct flip flips[SLOTS];
    bool sound = believed && n >= 1 && n <= s->c.members + 2;
    for (uint64_t i = 0; sound && i < n; i++) {
        flips[i] = (struct flip){word(s, at + i * 16), word(s, at + i * 16 + 8)};
        int lock = lock_of(s, flips[i].offset);
        sound = lock >= 0 && slots->mode[lock] == EXCLUSIVE;
    }
    for (uint64_t i = 0; sound && i < n; i++)
        put_word(s, flips[i].offset, flips[i].value);
    put_word(s, at_commit(s, member), 0);
}

/* Finishes or discards a member's journal; no slot is held (SEG-JOURNAL-5). */
static refusal settle(struct store *s, uint64_t member)
{
    uint64_t at = at_journal(s, member), commits = word(s, at_commit(s, member));
    const uint64_t slots[2] = {word(s, at), word(s, at + 8)};
    struct footprint needed;
    if (!commits)
        return NULL;
    bool believed = named(s, slots, &needed);
    if (!take(s, &needed, now() + PATIENCE))
        return "SEG-LOCK-1";
    if (word(s, at_commit(s, member)) == commits && word(s, at) == slots[0] && word(s, at + 8) == slots[1])
        finish(s, member, commits, &needed, believed);
    let_go(s, &needed);
    return NULL;
}

bool recovered(struct store *s, const struct footprint *f, refusal *why)
{
    for (uint64_t member = 0; member < s->c.members; member++) {
        if (!word(s, at_commit(s, member)))
            continue;
        const uint64_t slots[2] = {word(s, at_journal(s, member)), word(s, at_journal(s, member) + 8)};
        struct footprint touched;
        bool mine = !named(s, slots, &touched);
        for (int lock = 0; lock < SLOTS; lock++)
            mine = mine || (touched.mode[lock] && f->mode[lock]);
        if (mine) {
            let_go(s, f);
            *why = settle(s, member);
            return false;
        }
    }
    return true;
}

/* ---- lives */

/* Start time and state of a process; false where /proc shows none. */
static bool shown(long pid, uint64_t *start, char *state)
{
    char path[64], line[1024], *at;
    unsigned long long ticks;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t n = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[n] = 0;
    at = strrchr(line, ')');
    bool read = at && sscanf(at + 1,
                             " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                             state, &ticks) == 2;
    *start = read ? ticks : 0;
    return read;
}

static uint64_t namespace(void)
{
    struct stat is;
    return stat("/proc/self/ns/pid", &is) == 0 ? (uint64_t)is.st_ino : 0;
}

static uint64_t at_life(const struct store *s, uint64_t index)
{
    return s->lives + index * 64;
}

refusal life_take(struct store *s, uint64_t index, refusal held)
{
    uint64_t start;
    char state;
    refusal why;
    if (!shown((long)getpid(), &start, &state) || !namespace())
        return "SEG-LIFE-2";
    if (!try_lock(s, LOCK_LIFE + (int)index, EXCLUSIVE))
        return held;
    why = store_named(s) ? settle(s, index) : "SEG-LIFE-7";
    if (why) {
        unlock(s, LOCK_LIFE + (int)index);
        return why;
    }
    s->life = (int)index;
    put_word(s, at_life(s, index), 0);
    put_word(s, at_life(s, index) + 8, start);
    put_word(s, at_life(s, index) + 16, namespace());
    put_word(s, at_life(s, index), (uint64_t)getpid());
    return NULL;
}

void life_leave(struct store *s)
{
    if (s->life < 0)
        return;
    put_word(s, at_life(s, (uint64_t)s->life), 0);
    unlock(s, LOCK_LIFE + s->life);
    s->life = -1;
}

bool lives(const struct store *s, uint64_t index)
{
    return (int)index == s->life || locked_by_other(s, LOCK_LIFE + (int)index);
}

bool is_dead(const struct store *s, uint64_t index)
{
    uint64_t pid = word(s, at_life(s, index)), cell_start = word(s, at_life(s, index) + 8), start;
    char state;
    if (lives(s, index))
        return false;
    if (!pid)
        return true;
    if (word(s, at_life(s, index) + 16) != namespace())
        return false;
    if (pid > INT32_MAX)
        return true; /* no process has it */
    if (shown((long)pid, &start, &state))
        return start != cell_start || state == 'Z' || state == 'X';
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}
