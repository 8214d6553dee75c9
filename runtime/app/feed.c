/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * feed.c: reads the lines of feed.h and does what they say. Nothing here knows a program: tables by
 * name, rows by their descriptors.
 */
#include "app/feed.h"

#include <errno.h>
#include <stdio.h>

#include "base/alloc.h"
#include "mesh/decode.h"

struct feed {
	struct weft_program_head *program;
	struct weft_engine *engine;
	const struct weft_engine_info *info;
	struct weft_buffer *error;
	size_t line;
	bool synced;
};

static enum weft_status fail(struct feed *f, const char *what, struct weft_text name)
{
	weft_buffer_format(f->error, "line %zu: %s%s%.*s", f->line, what, name.size ? ": " : "",
		(int)name.size, name.data);
	return WEFT_INVALID;
}

static enum weft_status begin(struct feed *f)
{
	return weft_engine_in_transaction(f->engine) ? WEFT_OK : weft_engine_begin(f->engine);
}

static enum weft_status commit(struct feed *f)
{
	enum weft_status status = begin(f);

	for (unsigned t = 0; status == WEFT_OK && !f->synced && t < f->info->table_count; t++)
		if (f->info->tables[t].is_input)
			status = weft_engine_synced(f->engine, t);
	f->synced = true;
	if (status == WEFT_OK)
		status = weft_engine_commit(f->engine);
	if (status != WEFT_OK)
		weft_buffer_format(f->error, "line %zu: the transaction failed: %s", f->line,
			weft_status_name(status));
	return status;
}

static enum weft_status change(
	struct feed *f, bool put, struct weft_text name, const struct weft_doc *row)
{
	unsigned t = 0;

	while (t < f->info->table_count &&
		!weft_text_equal(name,
			(struct weft_text){
				f->info->tables[t].name, strlen(f->info->tables[t].name) }))
		t++;
	if (t == f->info->table_count || !f->info->tables[t].is_input)
		return fail(f, "no collection has this name", name);
	const struct weft_table_info *table = &f->info->tables[t];
	struct weft_decode d = { .intern = weft_engine_intern(f->engine), .program = f->program };
	bool whole = true;
	void *bytes = weft_alloc(table->row->size);
	enum weft_status status = bytes ? begin(f) : WEFT_NO_MEMORY;
	if (status == WEFT_OK)
		status = put ? weft_decode_row(&d, table->row, row, bytes)
			     : weft_decode_some(&d, table->row, table->key, table->key_count, row,
				       bytes, &whole);
	if (status == WEFT_OK && !whole)
		status = WEFT_INVALID;
	if (status == WEFT_INVALID)
		fail(f, d.reason[0] ? d.reason : "the key is not whole", name);
	else if (status == WEFT_OK)
		status = put ? weft_engine_put(f->engine, t, bytes)
			     : weft_engine_delete(f->engine, t, bytes);
	weft_free(bytes);
	return status == WEFT_NOT_FOUND ? WEFT_OK : status;
}

static enum weft_status carry_out(struct feed *f, const struct weft_doc *line)
{
	const struct weft_doc *row = weft_doc_get(line, WEFT_TEXT("row"));
	const struct weft_doc *verb = line->first;

	if (!verb)
		return fail(f,
			"expected {\"put\": ...}, {\"delete\": ...}, {\"commit\":true} or "
			"{\"rollback\":true}",
			WEFT_TEXT(""));
	bool put = weft_text_equal(verb->key, WEFT_TEXT("put"));
	if (row && (put || weft_text_equal(verb->key, WEFT_TEXT("delete"))))
		return change(f, put, verb->text, row);
	if (weft_text_equal(verb->key, WEFT_TEXT("commit")))
		return commit(f);
	if (!weft_text_equal(verb->key, WEFT_TEXT("rollback")))
		return fail(f, "unknown verb, or no row", verb->key);
	if (weft_engine_in_transaction(f->engine))
		weft_engine_rollback(f->engine);
	return WEFT_OK;
}

static enum weft_status one_line(struct feed *f, struct weft_text text)
{
	struct weft_documents d;
	enum weft_status status = weft_documents_read_json(&d, text);

	if (status == WEFT_OK && (!d.first || d.first->broken || !d.first->root))
		status = fail(f, "this is not JSON", text);
	if (status == WEFT_OK)
		status = carry_out(f, d.first->root);
	weft_documents_free(&d);
	return status;
}

enum weft_status weft_feed(
	struct weft_program_head *program, struct weft_text lines, struct weft_buffer *error)
{
	struct feed f = { .program = program,
		.engine = program->engine,
		.info = program->info->engine,
		.error = error };
	enum weft_status status = WEFT_OK;

	for (const char *at = lines.data, *end = lines.data + lines.size;
		status == WEFT_OK && at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct weft_text line = { at, (size_t)((stop ? stop : end) - at) };
		f.line++;
		if (line.size)
			status = one_line(&f, line);
		at = stop ? stop + 1 : end;
	}
	if (status == WEFT_OK && (weft_engine_in_transaction(f.engine) || !f.synced))
		status = commit(&f);
	if (status != WEFT_OK && weft_engine_in_transaction(f.engine))
		weft_engine_rollback(f.engine);
	return status;
}

enum weft_status weft_feed_file(
	struct weft_program_head *program, const char *path, struct weft_buffer *error)
{
	struct weft_buffer lines = { 0 };
	char bytes[65536];
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f) {
		weft_buffer_format(error, "%s", strerror(errno));
		return WEFT_IO;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		weft_buffer_add(&lines, bytes, n);
	fclose(f);
	enum weft_status status = lines.failed
		? WEFT_NO_MEMORY
		: weft_feed(program, (struct weft_text){ lines.data, lines.size }, error);
	weft_buffer_free(&lines);
	return status;
}
