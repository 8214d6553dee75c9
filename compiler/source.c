/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * source.c: reads source files and finds modules. The only pass that touches the file system.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void index_lines(struct arena *a, struct source *s)
{
	uint32_t count = 1;
	for (size_t i = 0; i < s->text.size; i++)
		count += s->text.data[i] == '\n';
	s->lines = ARENA_ARRAY(a, uint32_t, count);
	s->line_count = count;
	uint32_t line = 1;
	for (size_t i = 0; i < s->text.size; i++)
		if (s->text.data[i] == '\n')
			s->lines[line++] = (uint32_t)i + 1;
}

struct source *source_of_text(struct arena *a, struct text path, struct text text)
{
	struct source *s = ARENA_NEW(a, struct source);
	s->path = text_copy(a, path);
	s->text = text_copy(a, text);
	index_lines(a, s);
	return s;
}

struct source *source_load(struct arena *a, struct text path, const char **why)
{
	FILE *file = text_is(path, "-") ? stdin : fopen(text_copy(a, path).data, "rb");
	if (!file) {
		*why = strerror(errno);
		return NULL;
	}
	struct buffer b = { .arena = a };
	char block[16 * 1024];
	size_t size;
	errno = 0;
	while (b.size <= SOURCE_SIZE_MAX && (size = fread(block, 1, sizeof(block), file)) > 0)
		buffer_add(&b, (struct text){ block, size });
	int failure = ferror(file) ? errno : 0;
	if (file != stdin)
		fclose(file);
	struct text text = buffer_text(&b);
	*why = failure ? strerror(failure)
		: text.size > SOURCE_SIZE_MAX
		? "it is larger than 16 MiB, which no Weft file should be"
		: memchr(text.data, '\0', text.size) ? "it contains a NUL byte, so it is not text"
						     : NULL;
	if (*why)
		return NULL;
	return source_of_text(a, text_is(path, "-") ? TEXT("<stdin>") : path, text);
}

struct position source_position(const struct source *s, uint32_t offset)
{
	uint32_t low = 0, high = s->line_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (s->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	struct position p = { low + 1, 1 };
	for (uint32_t i = s->lines[low]; i < offset && i < s->text.size; i++)
		p.column += ((unsigned char)s->text.data[i] & 0xC0) != 0x80;
	return p;
}

struct text source_line(const struct source *s, uint32_t line)
{
	if (line == 0 || line > s->line_count)
		return TEXT("");
	uint32_t begin = s->lines[line - 1];
	uint32_t end = line < s->line_count ? s->lines[line] - 1 : (uint32_t)s->text.size;
	if (end > begin && s->text.data[end - 1] == '\r')
		end--;
	return (struct text){ s->text.data + begin, end - begin };
}

size_t source_character(struct text t)
{
	if (!t.size)
		return 0;
	unsigned char c = (unsigned char)t.data[0];
	size_t size = c < 0x80          ? 1
		: c >= 0xC2 && c < 0xE0 ? 2
		: c >= 0xE0 && c < 0xF0 ? 3
		: c >= 0xF0 && c < 0xF5 ? 4
					: 0;
	if (size > t.size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if (((unsigned char)t.data[i] & 0xC0) != 0x80)
			return 0;
	return size;
}

struct text span_text(struct span s)
{
	return (struct text){ s.source->text.data + s.begin, s.end - s.begin };
}

static struct text directory_of(struct text path)
{
	while (path.size && path.data[path.size - 1] != '/')
		path.size--;
	return path;
}

struct text source_stdlib_directory(struct arena *a, const char *argv0)
{
	const char *given = getenv("WEFT_STDLIB");
	if (given && *given)
		return text_copy(a, text_of(given));
	char executable[4096];
	ssize_t size = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
	struct text directory = size > 0 ? directory_of((struct text){ executable, (size_t)size })
					 : directory_of(text_of(argv0));
	static const char *const places[] = { "../stdlib", "../share/weft/stdlib", "stdlib" };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct text place = text_format(a, "%.*s%s", TEXT_ARG(directory), places[i]);
		if (access(place.data, R_OK | X_OK) == 0)
			return place;
	}
	return TEXT("");
}

struct text source_module_path(struct arena *a, struct text stdlib_directory, struct text module)
{
	char *name = (char *)text_copy(a, module).data;
	for (size_t i = 0; i < module.size; i++)
		if (name[i] == '.')
			name[i] = '/';
	return text_format(a, "%.*s/%s.weft", TEXT_ARG(stdlib_directory), name);
}

struct text source_relative_path(struct arena *a, const struct source *from, struct text path)
{
	if (path.size && path.data[0] == '/')
		return text_copy(a, path);
	struct text directory = directory_of(from->path);
	return text_format(a, "%.*s%.*s", TEXT_ARG(directory), TEXT_ARG(path));
}

struct text source_base_name(struct arena *a, struct text path)
{
	struct text directory = directory_of(path);
	struct text name = { path.data + directory.size, path.size - directory.size };
	if (name.size > 5 && memcmp(name.data + name.size - 5, ".weft", 5) == 0)
		name.size -= 5;
	return text_copy(a, name);
}
