/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sources.c: from the program's list of sources to folders and clocks. All collections `from
 * kubernetes` share one reading of the directory, so that a save that touches two kinds is one
 * transaction.
 */
#include "mesh/sources.h"

#include "base/alloc.h"

struct weft_sources {
	struct weft_objects_host host;
	struct weft_folder **folders;
	struct weft_clock **clocks;
	size_t folder_count, clock_count;
};

static enum weft_status add_folder(struct weft_sources *s, struct weft_loop *loop,
	const char *directory, const char *only, const uint16_t *sources, size_t count,
	weft_folder_read_fn *read)
{
	struct weft_folder_info info = { .loop = loop,
		.host = &s->host,
		.directory = directory,
		.only = only,
		.sources = sources,
		.source_count = count,
		.read = read };
	enum weft_status status = weft_folder_create(&info, &s->folders[s->folder_count]);
	s->folder_count += status == WEFT_OK;
	return status;
}

static enum weft_status add_manifests(
	struct weft_sources *s, struct weft_loop *loop, const char *directory)
{
	uint16_t *numbers = weft_alloc_array(s->host.info->source_count, sizeof(*numbers));
	size_t count = 0;
	if (!numbers)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < s->host.info->source_count; i++)
		if (s->host.info->sources[i].kind == WEFT_SOURCE_KUBERNETES)
			numbers[count++] = (uint16_t)i;
	enum weft_status status = count
		? add_folder(s, loop, directory, NULL, numbers, count, weft_manifests_read)
		: WEFT_OK;
	weft_free(numbers);
	return status;
}

static enum weft_status add_file(struct weft_sources *s, struct weft_loop *loop, uint16_t number)
{
	const struct weft_source_info *info = &s->host.info->sources[number];
	struct weft_intern *intern = weft_engine_intern(s->host.engine);
	weft_id id = 0;
	enum weft_status status =
		info->path ? info->path(s->host.program, intern, NULL, &id) : WEFT_INVALID;
	if (status != WEFT_OK)
		return status;
	struct weft_text text = weft_text_of(intern, id);
	char *path = weft_strdup_n(text.data, text.size);
	if (!path)
		return WEFT_NO_MEMORY;
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path,
		   *directory = slash == path ? "/"
		: slash                       ? path
					      : ".";
	if (*name) {
		if (slash)
			*slash = 0;
		status = add_folder(s, loop, directory, name, &number, 1, weft_file_read);
	} else {
		weft_log(s->host.log, WEFT_LOG_ERROR, "%s: file(\"%s\") names no file", info->place,
			path);
		status = WEFT_INVALID;
	}
	weft_free(path);
	return status;
}

enum weft_status weft_sources_create(struct weft_loop *loop, const struct weft_objects_host *host,
	const char *manifests, struct weft_sources **out)
{
	struct weft_sources *s = weft_alloc(sizeof(*s));
	size_t count = host->info->source_count;
	if (!s)
		return WEFT_NO_MEMORY;
	s->host = *host;
	s->folders = weft_alloc_array(count + 1, sizeof(struct weft_folder *));
	s->clocks = weft_alloc_array(count + 1, sizeof(struct weft_clock *));
	enum weft_status status = s->folders && s->clocks ? WEFT_OK : WEFT_NO_MEMORY;
	if (status == WEFT_OK && manifests)
		status = add_manifests(s, loop, manifests);
	for (size_t i = 0; i < count && status == WEFT_OK; i++) {
		const struct weft_source_info *info = &host->info->sources[i];
		if (info->kind == WEFT_SOURCE_FILE)
			status = add_file(s, loop, (uint16_t)i);
		if (info->kind == WEFT_SOURCE_CLOCK) {
			status = weft_clock_create(loop, host, info, &s->clocks[s->clock_count]);
			s->clock_count += status == WEFT_OK;
		}
	}
	if (status != WEFT_OK) {
		weft_sources_destroy(s);
		return status;
	}
	*out = s;
	return WEFT_OK;
}

void weft_sources_start(struct weft_sources *s)
{
	for (size_t i = 0; i < s->folder_count; i++)
		weft_folder_start(s->folders[i]);
	for (size_t i = 0; i < s->clock_count; i++)
		weft_clock_start(s->clocks[i]);
}

void weft_sources_destroy(struct weft_sources *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->folder_count; i++)
		weft_folder_destroy(s->folders[i]);
	for (size_t i = 0; i < s->clock_count; i++)
		weft_clock_destroy(s->clocks[i]);
	weft_free(s->folders);
	weft_free(s->clocks);
	weft_free(s);
}

size_t weft_sources_folder_count(const struct weft_sources *s)
{
	return s->folder_count;
}
const struct weft_folder *weft_sources_folder(const struct weft_sources *s, size_t i)
{
	return s->folders[i];
}

enum weft_status weft_source_synced(
	struct weft_engine *engine, const struct weft_program_info *info, unsigned table)
{
	enum weft_status status = weft_engine_synced(engine, table);
	for (size_t i = 0; i < info->source_count && status == WEFT_OK; i++) {
		const struct weft_source_info *s = &info->sources[i];
		if (s->table != table)
			continue;
		if (s->rejected != WEFT_NONE)
			status = weft_engine_synced(engine, s->rejected);
		if (status == WEFT_OK && s->conflicts != WEFT_NONE)
			status = weft_engine_synced(engine, s->conflicts);
	}
	return status;
}
