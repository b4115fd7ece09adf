#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

struct block {
    struct block *next;
    size_t size;
    max_align_t bytes[];
};

static struct block *blocks;

void *grown(void *old, size_t size)
{
    void *made = realloc(old, size ? size : 1);
    if (!made) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return made;
}

void *arena(size_t size)
{
    struct block *block = grown(NULL, sizeof *block + size);
    *block = (struct block){.next = blocks, .size = size};
    blocks = block;
    return memset(block->bytes, 0, size);
}

void arena_drop(void)
{
    while (blocks) {
        struct block *next = blocks->next;
        OPENSSL_cleanse(blocks->bytes, blocks->size);
        free(blocks);
        blocks = next;
    }
}

void put(struct buf *to, const void *bytes, size_t n)
{
    if (to->room - to->n < n) {
        size_t room = 2 * to->n + n + 256;
        uint8_t *b = arena(room);
        if (to->n)
            memcpy(b, to->b, to->n);
        to->b = b;
        to->room = room;
    }
    if (n)
        memcpy(to->b + to->n, bytes, n);
    to->n += n;
}

void put_number(struct buf *to, uint64_t value, int bytes)
{
    uint8_t made[8];
    for (int i = 0; i < bytes; i++)
        made[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    put(to, made, (size_t)bytes);
}

void put_var(struct buf *to, const void *bytes, size_t n)
{
    put_number(to, n, 4);
    put(to, bytes, n);
}

void put_name(struct buf *to, const char *name)
{
    put_number(to, strlen(name), 1);
    put(to, name, strlen(name));
}

static void put_field(struct buf *to, int type, const void *bytes, size_t n)
{
    put_number(to, (uint64_t)type, 1);
    put_var(to, bytes, n);
}

struct buf transcript(const char *tag, const char *format, ...)
{
    struct buf made = {0};
    size_t counts[3]; /* where the count of fields of each depth stands */
    int depth = 0;
    va_list fields;

    put_name(&made, tag);
    counts[0] = made.n;
    put_number(&made, 0, 1);
    va_start(fields, format);
    for (const char *at = format; *at; at++) {
        if (*at == ')') {
            size_t begins = counts[depth--], n = made.n - begins;
            for (int i = 0; i < 4; i++)
                made.b[begins - 4 + (size_t)i] = (uint8_t)(n >> 8 * (3 - i));
            continue;
        }
        made.b[counts[depth]]++;
        if (*at == 'i') {
            struct buf number = {0};
            put_number(&number, va_arg(fields, uint64_t), 8);
            put_field(&made, 1, number.b, number.n);
        } else if (*at == 'B') {
            put_field(&made, 2, va_arg(fields, const void *), KEY);
        } else if (*at == 'b') {
            const void *bytes = va_arg(fields, const void *);
            put_field(&made, 2, bytes, va_arg(fields, size_t));
        } else if (*at == 's') {
            const char *text = va_arg(fields, const char *);
            put_field(&made, 3, text, strlen(text));
        } else if (*at == '(' && depth < 2) {
            put_field(&made, 4, NULL, 0);
            counts[++depth] = made.n;
            put_number(&made, 0, 1);
        } else {
            abort();
        }
    }
    va_end(fields);
    return made;
}

uint64_t big_endian(const uint8_t *bytes, int n)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

bool is_word(const char *text, size_t n, bool capitals)
{
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (capitals && c >= 'A' && c <= 'Z');
        if (!first && !(i && (c == '.' || c == '_' || c == '-')))
            return false;
    }
    return n >= 1 && n < NAME;
}

bool same(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}
