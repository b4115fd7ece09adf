/* The adapter protocol (spec/adapter.md): a line of JSON in, a line of JSON out. */
#include "member.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { LONGEST = 4 << 20 };

static json_t *reply(const char *kind, json_t *content)
{
    return json_pack("{so}", kind, content);
}

static json_t *errored(const char *message)
{
    return reply("errored", json_pack("{ss}", "message", message));
}

static bool hex(const json_t *from, uint8_t to[KEY])
{
    const char *text = json_string_value(from);
    if (!text || strlen(text) != 2 * KEY)
        return false;
    for (size_t i = 0; i < KEY; i++) {
        unsigned byte;
        char two[3] = {text[2 * i], text[2 * i + 1], 0};
        if (strspn(two, "0123456789abcdef") != 2 || sscanf(two, "%2x", &byte) != 1)
            return false;
        to[i] = (uint8_t)byte;
    }
    return true;
}

static bool word_of(const json_t *from, char to[NAME])
{
    const char *text = json_string_value(from);
    if (!text || !is_word(text, json_string_length(from), false))
        return false;
    snprintf(to, NAME, "%s", text);
    return true;
}

static bool is(const json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && !strcmp(text, value);
}

static json_t *start(void)
{
    return reply("ok", json_pack("{ss ss ss s[s] s[s] s[s] s[s]}", "implementation", "lockedroom-c", "version", "1",
                                 "language", "C", "protocols", "segment", "profiles", "hardened", "suites", "LR0",
                                 "capabilities", "entropy"));
}

static void close_member(struct member *m)
{
    store_close(&m->store);
    forget_stay(m);
    free(m->named);
    m->named = NULL;
    m->n_named = 0;
}

static void forget_all(struct member *m)
{
    close_member(m);
    free(m->known.at);
    free(m->keys);
    free(m->directory);
    memset(m, 0, sizeof *m);
    m->store.fd = m->store.life = -1;
}

static bool read_keys(struct member *m, json_t *keys)
{
    const char *name;
    json_t *key;
    m->keys = grown(NULL, json_object_size(keys) * sizeof *m->keys);
    json_object_foreach(keys, name, key) {
        struct static_key *to = &m->keys[m->n_keys];
        if (!is_word(name, strlen(name), false) || !hex(key, to->key))
            return false;
        snprintf(to->name, NAME, "%s", name);
        m->n_keys++;
    }
    return true;
}

static json_t *reset(struct member *m, json_t *command)
{
    static const char *const names[] = {"members", "quota", "posts", "entries", "record"};
    uint32_t *const numbers[] = {&m->capacity.members, &m->capacity.quota, &m->capacity.posts, &m->capacity.entries,
                                 &m->capacity.record};
    const char *directory = json_string_value(json_object_get(command, "directory"));
    forget_all(m);
    if (!is(command, "protocol", "segment") || !is(command, "profile", "hardened") || !is(command, "suite", "LR0"))
        return reply("unimplemented", json_pack("{ss}", "reason", "only segment, hardened, LR0"));
    for (int i = 0; i < 5; i++) {
        json_t *number = json_object_get(json_object_get(command, "capacity"), names[i]);
        if (!json_is_integer(number) || json_integer_value(number) < 0 || json_integer_value(number) > UINT32_MAX)
            return errored("a capacity that is none");
        *numbers[i] = (uint32_t)json_integer_value(number);
    }
    if (!word_of(json_object_get(command, "actor"), m->name) || !word_of(json_object_get(command, "room"), m->room) ||
        !word_of(json_array_get(json_object_get(command, "members"), 0), m->creator) ||
        !hex(json_object_get(command, "identity"), m->identity) ||
        !hex(json_object_get(command, "entropy"), m->seed) || !directory ||
        !read_keys(m, json_object_get(command, "keys")))
        return errored("a reset that is not as the schema says");
    m->directory = grown(NULL, strlen(directory) + 1);
    memcpy(m->directory, directory, strlen(directory) + 1);
    signing_public(m->public, m->identity);
    load_creator(m);
    return reply("ok", json_object());
}

static bool arguments(struct act *a, json_t *given)
{
    static const char *const rights[] = {"join", "exchange", "send"};
    json_t *peers = json_object_get(given, "peers"), *body = json_object_get(given, "body");
    const char *key = json_string_value(json_object_get(given, "key")), *right;
    a->peer = json_string_value(json_object_get(given, "peer"));
    a->subject = json_string_value(json_object_get(given, "subject"));
    a->n_peers = peers ? json_array_size(peers) : a->peer != NULL;
    a->peers = arena((a->n_peers + 1) * sizeof *a->peers);
    for (size_t i = 0; i < a->n_peers; i++) {
        a->peers[i] = peers ? json_string_value(json_array_get(peers, i)) : a->peer;
        if (!a->peers[i] || !is_word(a->peers[i], strlen(a->peers[i]), false))
            return false;
    }
    if (a->subject && !is_word(a->subject, strlen(a->subject), false))
        return false;
    if (key && !(a->key = static_key_of(a->m, key)))
        return false;
    for (size_t i = 0; i < json_array_size(json_object_get(given, "rights")); i++) {
        right = json_string_value(json_array_get(json_object_get(given, "rights"), i));
        for (int k = 0; right && k < 3; k++)
            a->rights |= (uint8_t)(!strcmp(right, rights[k]) << k);
    }
    a->body = (const uint8_t *)json_string_value(body);
    a->body_n = json_string_length(body);
    return true;
}

/* The arguments that an operation cannot do without. */
static bool complete(const struct act *a, const char *operation)
{
    static const char *const with_peer[] = {"exchange", "accept", "send", "receive", "read", "rotate", "acknowledge",
                                            "reap"};
    for (size_t i = 0; i < sizeof with_peer / sizeof *with_peer; i++)
        if (!strcmp(operation, with_peer[i]) && !a->peer)
            return false;
    if ((!strcmp(operation, "send") || !strcmp(operation, "multicast") || !strcmp(operation, "publish")) && !a->body)
        return false;
    if ((!strcmp(operation, "grant") && !a->key) || (!strcmp(operation, "multicast") && a->peer))
        return false;
    return a->subject || (strcmp(operation, "grant") && strcmp(operation, "revoke"));
}

static json_t *act(struct member *m, json_t *command)
{
    struct act a = {.m = m, .step = (uint64_t)json_integer_value(json_object_get(command, "step"))};
    const char *operation = json_string_value(json_object_get(command, "operation"));
    if (!m->n_keys)
        return errored("do before reset");
    if (!operation || !arguments(&a, json_object_get(command, "arguments")) || !complete(&a, operation))
        return errored("a do that is not as the schema says");
    a.events = json_array();
    if (!perform(&a, operation)) {
        json_decref(a.events);
        return reply("unimplemented", json_pack("{ss}", "reason", "no such operation"));
    }
    if (a.clause) {
        json_decref(a.events);
        return reply("refused", json_pack("{ss sb ss}", "clause", a.clause, "definite", 1, "detail",
                                          a.detail ? a.detail : ""));
    }
    return reply("ok", json_pack("{so}", "events", a.events));
}

static json_t *answer(struct member *m, json_t *command)
{
    if (is(command, "command", "start"))
        return start();
    if (is(command, "command", "reset"))
        return reset(m, command);
    if (is(command, "command", "do"))
        return act(m, command);
    if (is(command, "command", "observe")) {
        json_t *found = m->n_keys ? observe(m) : NULL;
        return found ? reply("ok", found) : errored("nothing can be observed");
    }
    if (is(command, "command", "close")) {
        close_member(m);
        return reply("ok", json_object());
    }
    return is(command, "command", "stop") ? reply("ok", json_object()) : errored("no command of the protocol");
}

/* A line without its end; false at the end of the input, or when the line is too long. */
static bool read_line(char *line, size_t *n)
{
    int c;
    for (*n = 0; (c = getchar()) != EOF && c != '\n';) {
        if (*n == LONGEST)
            return false;
        line[(*n)++] = (char)c;
    }
    return c != EOF;
}

/* A number above 2^63 is below 0 in jansson, which has no other way to hold it; no reply says a number below 0. */
static void say(const json_t *said)
{
    char *text = json_dumps(said, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool quoted = false;
    for (char *at = text; at && *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        if (quoted && *at == '\\')
            putchar(*at++);
        if (!quoted && *at == '-')
            printf("%" PRIu64, (uint64_t)strtoll(at, &at, 10));
        putchar(*at);
    }
    free(text);
    putchar('\n');
    fflush(stdout);
}

int main(void)
{
    struct member m = {.store = {.fd = -1, .life = -1}};
    char *line = grown(NULL, LONGEST);
    size_t n;
    bool stop = false;
    umask(077);
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0); /* nobody of the same user reads the keys */
#endif
    if (!crypto_ready())
        return 4;
    while (!stop && read_line(line, &n)) {
        json_t *command = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        json_t *said = command ? answer(&m, command) : errored("a line that is not JSON");
        say(said);
        stop = is(command, "command", "stop");
        json_decref(said);
        json_decref(command);
        arena_drop();
    }
    forget_all(&m);
    arena_drop();
    free(line);
    return 0;
}
