/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The character at `text`: its length, and its number; length 0 where it is malformed, or cut (*out_cut) by the end. */
static size_t decode(const unsigned char *text, uint32_t *out_character, bool *out_cut) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    *out_cut = false;
    const unsigned char lead = text[0];
    *out_character = lead;
    if (lead < 0x80)
        return 1;
    const size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    uint32_t character = lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        *out_cut = text[i] == '\0';
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (text[i] & 0x3fu);
    }
    *out_character = character;
    return character >= smallest[length] && character <= 0x10ffff ? length : 0;
}

static bool prints(uint32_t character) {
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},        {0x61c, 0x61c},   {0x180e, 0x180e},
        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},    {0xd800, 0xf8ff}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return false;
    return true;
}

void perfadapt__text_clean(char *text, size_t capacity) {
    text[capacity - 1] = '\0';
    char *to = text;
    for (const char *from = text; *from;) {
        uint32_t character;
        bool cut;
        const size_t length = decode((const unsigned char *)from, &character, &cut);
        if (cut)
            break;
        if (length && prints(character)) {
            memmove(to, from, length);
            to += length;
        } else {
            *to++ = '?';
        }
        from += length ? length : 1;
    }
    memset(to, 0, (size_t)(text + capacity - to));
}
