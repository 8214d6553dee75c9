/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * no_views.c: what net/ asks of the engine, for a simulation without one: views that never change,
 * and plain text for addresses.
 */
#include <weft/abi/program.h>

void weft_reader_pin(struct weft_reader *reader)
{
	(void)reader;
}

void weft_reader_unpin(struct weft_reader *reader)
{
	(void)reader;
}

const struct weft_view_key *weft_reader_changes(
	struct weft_reader *reader, size_t *count, bool *all)
{
	(void)reader;
	*count = 0;
	*all = false;
	return NULL;
}

const struct weft_intern *weft_reader_intern(const struct weft_reader *reader)
{
	(void)reader;
	return NULL;
}

const void *weft_view_first(struct weft_view_cursor *cursor, struct weft_reader *reader,
	unsigned table, unsigned index, uint64_t hash)
{
	(void)cursor, (void)reader, (void)table, (void)index, (void)hash;
	return NULL;
}

const void *weft_view_each(
	struct weft_view_cursor *cursor, struct weft_reader *reader, unsigned table)
{
	(void)cursor, (void)reader, (void)table;
	return NULL;
}

const struct weft_type weft_type_addr = { .name = "Addr" };

void weft_format_value(struct weft_buffer *buffer, const struct weft_intern *intern,
	const struct weft_type *type, const void *value)
{
	(void)intern, (void)type, (void)value;
	weft_buffer_format(buffer, "peer");
}
