#include "records.h"

#include <stdlib.h>
#include <string.h>

/* Reading: past the end everything is zero and `bad` stays set. */
struct in {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static const uint8_t *take(struct in *in, size_t n)
{
    static const uint8_t zeros[64];
    if (in->bad || in->left < n) {
        in->bad = true;
        return zeros;
    }
    const uint8_t *at = in->at;
    in->at += n;
    in->left -= n;
    return at;
}

static uint64_t number(struct in *in, int bytes)
{
    return big_endian(take(in, (size_t)bytes), bytes);
}

static void bits(struct in *in, uint8_t *to, size_t n)
{
    memcpy(to, take(in, n), n);
}

static void word(struct in *in, char to[NAME], bool capitals)
{
    size_t n = number(in, 1);
    if (n >= NAME || n > in->left || !is_word((const char *)in->at, n, capitals)) {
        in->bad = true;
        return;
    }
    memcpy(to, take(in, n), n);
    to[n] = 0;
}

static void var(struct in *in, struct record *to)
{
    size_t n = number(in, 4);
    if (in->bad || n > in->left) {
        in->bad = true;
        return;
    }
    to->var = take(in, n);
    to->var_n = n;
}

static void pair(struct in *in, struct record *to)
{
    word(in, to->sender, false);
    word(in, to->recipient, false);
    bits(in, to->incarnation, KEY);
    bits(in, to->recipient_incarnation, KEY);
}

static void capacity(struct in *in, struct capacity *to)
{
    uint32_t *numbers[] = {&to->members, &to->quota, &to->posts, &to->entries, &to->record};
    for (int i = 0; i < 5; i++)
        *numbers[i] = (uint32_t)number(in, 4);
}

static void header(struct in *in, struct record *to)
{
    to->version = (uint16_t)number(in, 2);
    word(in, to->suite, true);
    word(in, to->profile, true);
    capacity(in, &to->capacity);
    word(in, to->sender, false);
    bits(in, to->key, KEY);
    bits(in, to->segment, KEY);
    bits(in, to->signature, SIGNATURE);
}

static void view(struct in *in, struct record *to)
{
    to->serial = (uint32_t)number(in, 4);
    bits(in, to->head, KEY);
}

static void epoch(struct in *in, struct record *to)
{
    to->epoch.number = (uint32_t)number(in, 4);
    word(in, to->epoch.proposer, false);
    to->sequence = number(in, 8);
}

bool decode(struct record *to, const uint8_t *bytes, size_t n)
{
    struct in in = {.at = bytes, .left = n};
    *to = (struct record){.kind = (uint8_t)number(&in, 1)};
    switch (to->kind) {
    case HEADER:
        header(&in, to);
        break;
    case ENTRY:
        view(&in, to);
        word(&in, to->sender, false);
        bits(&in, to->key, KEY);
        to->rights = (uint8_t)number(&in, 1);
        bits(&in, to->signature, SIGNATURE);
        break;
    case ANNOUNCEMENT:
        word(&in, to->sender, false);
        bits(&in, to->incarnation, KEY);
        var(&in, to);
        view(&in, to);
        bits(&in, to->signature, SIGNATURE);
        break;
    case EXCHANGE:
        pair(&in, to);
        var(&in, to);
        bits(&in, to->wrapped, WRAPPED);
        view(&in, to);
        bits(&in, to->signature, SIGNATURE);
        break;
    case MESSAGE:
        pair(&in, to);
        epoch(&in, to);
        to->flags = (uint8_t)number(&in, 1);
        to->rotation = (uint32_t)number(&in, 4);
        var(&in, to);
        break;
    case POST:
        pair(&in, to);
        epoch(&in, to);
        var(&in, to);
        break;
    default:
        return false;
    }
    return !in.bad && in.left == 0;
}

static void put_pair(struct buf *to, const struct record *r)
{
    put_name(to, r->sender);
    put_name(to, r->recipient);
    put(to, r->incarnation, KEY);
    put(to, r->recipient_incarnation, KEY);
}

static void put_view(struct buf *to, const struct record *r)
{
    put_number(to, r->serial, 4);
    put(to, r->head, KEY);
}

static void put_epoch(struct buf *to, const struct record *r)
{
    put_number(to, r->epoch.number, 4);
    put_name(to, r->epoch.proposer);
    put_number(to, r->sequence, 8);
}

static void put_capacity(struct buf *to, const struct capacity *c)
{
    const uint32_t numbers[] = {c->members, c->quota, c->posts, c->entries, c->record};
    for (int i = 0; i < 5; i++)
        put_number(to, numbers[i], 4);
}

struct buf encode(const struct record *r)
{
    struct buf to = {0};
    put_number(&to, r->kind, 1);
    switch (r->kind) {
    case HEADER:
        put_number(&to, r->version, 2);
        put_name(&to, r->suite);
        put_name(&to, r->profile);
        put_capacity(&to, &r->capacity);
        put_name(&to, r->sender);
        put(&to, r->key, KEY);
        put(&to, r->segment, KEY);
        put(&to, r->signature, SIGNATURE);
        break;
    case ENTRY:
        put_view(&to, r);
        put_name(&to, r->sender);
        put(&to, r->key, KEY);
        put_number(&to, r->rights, 1);
        put(&to, r->signature, SIGNATURE);
        break;
    case ANNOUNCEMENT:
        put_name(&to, r->sender);
        put(&to, r->incarnation, KEY);
        put_var(&to, r->var, r->var_n);
        put_view(&to, r);
        put(&to, r->signature, SIGNATURE);
        break;
    case EXCHANGE:
        put_pair(&to, r);
        put_var(&to, r->var, r->var_n);
        put(&to, r->wrapped, WRAPPED);
        put_view(&to, r);
        put(&to, r->signature, SIGNATURE);
        break;
    case MESSAGE:
        put_pair(&to, r);
        put_epoch(&to, r);
        put_number(&to, r->flags, 1);
        put_number(&to, r->rotation, 4);
        put_var(&to, r->var, r->var_n);
        break;
    case POST:
        put_pair(&to, r);
        put_epoch(&to, r);
        put_var(&to, r->var, r->var_n);
        break;
    default:
        abort();
    }
    return to;
}

struct buf signed_of(const uint8_t segment[KEY], const struct record *r, const uint8_t *ephemeral, size_t n)
{
    uint64_t serial = r->serial, rights = r->rights, number = r->epoch.number, rotation = r->rotation;
    const struct capacity *c = &r->capacity;
    switch (r->kind) {
    case HEADER:
        return transcript("LR-SEG-HEADER", "Bbiss(iiiii)sB", segment, "LKDROOM1", (size_t)8, (uint64_t)r->version,
                          r->suite, r->profile, (uint64_t)c->members, (uint64_t)c->quota, (uint64_t)c->posts,
                          (uint64_t)c->entries, (uint64_t)c->record, r->sender, r->key);
    case ENTRY:
        return transcript("LR-SEG-ENTRY", "BiBsBi", segment, serial, r->head, r->sender, r->key, rights);
    case ANNOUNCEMENT:
        return transcript("LR-SEG-ANNOUNCE", "BsBbiB", segment, r->sender, r->incarnation, r->var, r->var_n, serial,
                          r->head);
    case EXCHANGE:
        return transcript("LR-SEG-EXCHANGE", "BssBBbbbiB", segment, r->sender, r->recipient, r->incarnation,
                          r->recipient_incarnation, ephemeral, n, r->var, r->var_n, r->wrapped, (size_t)WRAPPED, serial,
                          r->head);
    case MESSAGE:
        return transcript("LR-SEG-MESSAGE", "BssBBisiii", segment, r->sender, r->recipient, r->incarnation,
                          r->recipient_incarnation, number, r->epoch.proposer, r->sequence, (uint64_t)r->flags,
                          rotation);
    case POST:
        return transcript("LR-SEG-POST", "BssBBisi", segment, r->sender, r->recipient, r->incarnation,
                          r->recipient_incarnation, number, r->epoch.proposer, r->sequence);
    default:
        abort();
    }
}

struct buf kek_context(const uint8_t segment[KEY], const char *maker, const char *taker, const uint8_t *makers,
                       const uint8_t *takers, const uint8_t *ephemeral, size_t n)
{
    return transcript("LR-SEG-KEK", "BssBBb", segment, maker, taker, makers, takers, ephemeral, n);
}

bool precedes(const struct epoch_id *a, const struct epoch_id *b)
{
    return a->number != b->number ? a->number > b->number : strcmp(a->proposer, b->proposer) < 0;
}

bool same_epoch(const struct epoch_id *a, const struct epoch_id *b)
{
    return a->number == b->number && strcmp(a->proposer, b->proposer) == 0;
}
