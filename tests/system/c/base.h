/* Memory that lives for one command, growing buffers, and transcripts (LR-SUITE-1 to 6). */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME = 32, KEY = 32, WRAPPED = 40, SIGNATURE = 64, TAG = 16 };

/* Zeroed memory until `arena_drop`, which the adapter calls after each command. Out of memory ends the process. */
void *arena(size_t size);
void arena_drop(void);
/* Like realloc, but ends the process when there is no memory. */
void *grown(void *old, size_t size);

struct buf {
    uint8_t *b;
    size_t n, room;
};

void put(struct buf *to, const void *bytes, size_t n);
void put_number(struct buf *to, uint64_t value, int bytes); /* big-endian */
void put_var(struct buf *to, const void *bytes, size_t n);
void put_name(struct buf *to, const char *name);

/* The encoded transcript. A letter of `format` for each field: B the address of 32 bytes; b an address and a size_t;
 * i a uint64_t; s a text; ( and ) around a list. */
struct buf transcript(const char *tag, const char *format, ...);

uint64_t big_endian(const uint8_t *bytes, int n);
/* A name (SEG-NAME-1), or with capitals a label (SEG-NAME-3). */
bool is_word(const char *text, size_t n, bool capitals);
bool same(const void *a, const void *b, size_t n);

#endif
