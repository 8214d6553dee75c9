/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * program.h: the static description of a compiled program, which the generated C gives to the
 * runtime: parameters, inputs and where they come from, rules and their handlers.
 */
#ifndef WEFT_ABI_PROGRAM_H
#define WEFT_ABI_PROGRAM_H

#include <weft/abi/handler.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_param_info {
	const char *name;
	const struct weft_type *type;
	uint32_t offset;         /* of the value in the program's params struct, stored form */
	const char *env;         /* env("NAME") as its default, or NULL */
	weft_default_fn *absent; /* makes the default; NULL: required */
	const char *place;       /* "sidecar.weft:4" */
};

enum weft_source_kind {
	WEFT_SOURCE_EXTERN,
	WEFT_SOURCE_KUBERNETES,
	WEFT_SOURCE_FILE,
	WEFT_SOURCE_CLOCK
};
struct weft_source_info {
	uint16_t table;
	uint16_t rejected; /* table of rejected rows: key columns, reason: String, place: String; or
			      WEFT_NONE */
	uint16_t conflicts; /* table of losers (two documents define one object): the same columns
			       as the table; or WEFT_NONE */
	uint8_t kind;       /* enum weft_source_kind */
	const char *origin; /* kubernetes: "v1/Service" from the record */
	weft_default_fn *path; /* file: makes the path (a String id) from the params */
	int64_t period;        /* clock */
	bool (*keep)(const void *program, const struct weft_intern *,
		const void *row); /* `where` of the collection, or NULL */
	const char *place;
};

/* A listener rule's row (its table): key columns, then `address: Addr`, `wait: Bool`, then the
 * row's columns that the handler reads. */
struct weft_rule_info {
	const char *name;
	const char *kind;  /* "listener" */
	uint16_t table;    /* desired rows */
	uint16_t observed; /* input table of observed rows: key columns, state: State of the
			      prelude; or WEFT_NONE */
	uint16_t address;  /* field number in the row */
	uint16_t wait;     /* field number, or WEFT_NONE: a row with true is held back */
	const struct weft_handler_info *handler;
	int64_t drain;         /* nanoseconds */
	bool unsynced;         /* start: Unsynced */
	const uint16_t *needs; /* tables that must be synced first, transitively inputs only */
	uint16_t need_count;
	const char *place;
};

struct weft_program_info {
	uint32_t abi_version; /* WEFT_ABI_VERSION */
	const char *name;
	const char *source; /* "sidecar.weft" */
	size_t size; /* of the program's instance struct, which starts with struct weft_program_head
		      */
	size_t params_offset; /* of the params in the instance struct */
	const struct weft_param_info *params;
	size_t param_count;
	const struct weft_engine_info *engine;
	const struct weft_source_info *sources;
	size_t source_count;
	const struct weft_rule_info *rules;
	size_t rule_count;
	enum weft_status (*start)(void *program); /* constants interned, once params are set; inside
						     the first transaction; or NULL */
};

/* The generated instance struct starts with this. */
struct weft_program_head {
	const struct weft_program_info *info;
	struct weft_engine *engine;
	const struct weft_intern *intern;
	struct weft_runtime *runtime; /* reactors, sources, rules: app/ */
	void *user;
};

#ifdef __cplusplus
}
#endif
#endif
