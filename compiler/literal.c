/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * literal.c: the values of literals.
 */
#include "lex.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int digit_of(char c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* Digits of `base` with single underscores between them; *size is how many bytes they took. */
static bool digits(struct text t, int base, int64_t *value, size_t *size)
{
	int64_t sum = 0;
	size_t i = 0;
	for (; i < t.size; i++) {
		if (t.data[i] == '_')
			continue;
		int digit = digit_of(t.data[i]);
		if (digit < 0 || digit >= base)
			break;
		if (__builtin_mul_overflow(sum, base, &sum) ||
			__builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	*size = i;
	return i > 0;
}

bool literal_integer(struct text t, int64_t *value)
{
	size_t size;
	*value = 0;
	if (t.size > 2 && t.data[0] == '0' && t.data[1] == 'x')
		return digits((struct text){ t.data + 2, t.size - 2 }, 16, value, &size) &&
			size + 2 == t.size;
	return digits(t, 10, value, &size) && size == t.size;
}

bool literal_float(struct text t, double *value)
{
	char plain[400];
	size_t size = 0;
	for (size_t i = 0; i < t.size && size + 1 < sizeof(plain); i++)
		if (t.data[i] != '_')
			plain[size++] = t.data[i];
	plain[size] = '\0';
	*value = strtod(plain, NULL);
	return isfinite(*value);
}

/* One or more numbers, each with its unit. */
static bool with_units(struct text t, const char *const *units, const int64_t *factors,
	size_t count, int64_t *value)
{
	int64_t sum = 0;
	while (t.size) {
		int64_t number;
		size_t size;
		if (!digits(t, 10, &number, &size))
			return false;
		t = (struct text){ t.data + size, t.size - size };
		for (size = 0; size < t.size && digit_of(t.data[size]) != t.data[size] - '0';
			size++)
			;
		size_t unit = 0;
		while (unit < count && !text_is((struct text){ t.data, size }, units[unit]))
			unit++;
		if (unit == count || __builtin_mul_overflow(number, factors[unit], &number) ||
			__builtin_add_overflow(sum, number, &sum))
			return false;
		t = (struct text){ t.data + size, t.size - size };
	}
	*value = sum;
	return true;
}

bool literal_duration(struct text t, int64_t *nanoseconds)
{
	static const char *const units[] = { "ns", "us", "ms", "s", "m", "h", "d" };
	static const int64_t factors[] = { 1, 1000, 1000000, 1000000000, 60000000000, 3600000000000,
		86400000000000 };
	*nanoseconds = 0;
	return with_units(t, units, factors, 7, nanoseconds);
}

bool literal_size(struct text t, int64_t *bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	static const int64_t factors[] = { 1, 1 << 10, 1 << 20, 1 << 30, (int64_t)1 << 40 };
	*bytes = 0;
	return with_units(t, units, factors, 5, bytes);
}

static bool parse_ip(struct text t, struct address_literal *a, bool *is_v4)
{
	char plain[64];
	if (t.size >= sizeof(plain))
		return false;
	memcpy(plain, t.data, t.size);
	plain[t.size] = '\0';
	*is_v4 = !memchr(plain, ':', t.size);
	if (!*is_v4)
		return inet_pton(AF_INET6, plain, a->ip) == 1;
	memset(a->ip, 0, 10);
	a->ip[10] = a->ip[11] = 0xFF;
	return inet_pton(AF_INET, plain, a->ip + 12) == 1;
}

/* Clears the bits behind a network's prefix: 10.1.2.3/8 is 10.0.0.0/8. */
static void clear_host_bits(struct address_literal *a)
{
	for (unsigned bit = a->bits; bit < 128; bit++)
		a->ip[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

bool literal_address(struct text t, struct address_literal *address)
{
	*address = (struct address_literal){ .bits = 128 };
	bool is_v4 = false;
	struct text ip = t, rest = TEXT("");
	const char *slash = memchr(t.data, '/', t.size);
	if (t.data[0] == '*' || t.data[0] == '[') {
		address->any = t.data[0] == '*';
		const char *end = address->any ? t.data + 1 : memchr(t.data, ']', t.size);
		if (!end)
			return false;
		size_t skip = address->any ? 0 : 1;
		ip = (struct text){ t.data + skip, (size_t)(end - t.data) - skip };
		rest = (struct text){ end + skip, (size_t)(t.data + t.size - end) - skip };
	} else if (slash) {
		ip.size = (size_t)(slash - t.data);
		rest = (struct text){ slash, (size_t)(t.data + t.size - slash) };
	} else if (memchr(t.data, '.', t.size) && memchr(t.data, ':', t.size) &&
		digit_of(t.data[0]) >= 0 &&
		(const char *)memchr(t.data, ':', t.size) >
			(const char *)memchr(t.data, '.', t.size)) {
		const char *colon = memchr(t.data, ':', t.size);
		ip.size = (size_t)(colon - t.data);
		rest = (struct text){ colon, (size_t)(t.data + t.size - colon) };
	}
	if (!address->any && !parse_ip(ip, address, &is_v4))
		return false;
	if (!rest.size || rest.data[rest.size - 1] == '{')
		return true;
	int64_t number;
	size_t size;
	int64_t most = !slash ? 65535 : is_v4 ? 32 : 128;
	if (!digits((struct text){ rest.data + 1, rest.size - 1 }, 10, &number, &size) ||
		number > most)
		return false;
	if (slash) {
		address->bits = (uint8_t)(is_v4 ? 96 + number : number);
		clear_host_bits(address);
	} else {
		address->port = (uint16_t)number;
	}
	return true;
}

size_t literal_escape(struct text t, uint32_t *character)
{
	static const char plain[] = "n\nt\tr\r\\\\\"\"{{}}";
	if (t.size < 2)
		return 0;
	for (size_t i = 0; plain[i]; i += 2) {
		if (t.data[1] == plain[i]) {
			*character = (unsigned char)plain[i + 1];
			return 2;
		}
	}
	if (t.size < 5 || t.data[1] != 'u' || t.data[2] != '{')
		return 0;
	int64_t number;
	size_t size;
	if (!digits((struct text){ t.data + 3, t.size - 3 }, 16, &number, &size))
		return 0;
	if (size + 3 >= t.size || t.data[size + 3] != '}')
		return 0;
	if (number == 0 || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000))
		return 0;
	*character = (uint32_t)number;
	return size + 4;
}

static void add_character(struct buffer *b, uint32_t c)
{
	char bytes[4];
	size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3F));
	static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	bytes[0] = (char)(lead[size] | c);
	buffer_add(b, (struct text){ bytes, size });
}

struct text literal_string(struct arena *a, struct text inner)
{
	struct buffer b = { .arena = a };
	for (size_t i = 0; i < inner.size;) {
		uint32_t character;
		struct text rest = { inner.data + i, inner.size - i };
		size_t size = inner.data[i] == '\\' ? literal_escape(rest, &character) : 0;
		if (size)
			add_character(&b, character);
		else
			buffer_add(&b, (struct text){ inner.data + i, size = 1 });
		i += size;
	}
	return buffer_text(&b);
}

struct text token_documentation(struct arena *a, const struct source *s, uint32_t first)
{
	uint32_t i = first;
	while (i > 1 &&
		(s->tokens[i - 1].kind == TOKEN_NEWLINE || s->tokens[i - 1].kind == TOKEN_SPACE ||
			s->tokens[i - 1].kind == TOKEN_DOC))
		i--;
	struct buffer b = { .arena = a };
	unsigned breaks = 0;
	for (; i < first; i++) {
		struct text t = token_text(s, i);
		if (s->tokens[i].kind == TOKEN_NEWLINE && ++breaks > 1)
			b.size = 0; /* an empty line between: not about this declaration */
		if (s->tokens[i].kind != TOKEN_DOC)
			continue;
		breaks = 0;
		size_t skip = t.size > 3 && t.data[3] == ' ' ? 4 : 3;
		buffer_format(
			&b, "%s%.*s", b.size ? "\n" : "", (int)(t.size - skip), t.data + skip);
	}
	return buffer_text(&b);
}
