/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * params.c: a program's parameters, from `--set`, the environment, or their defaults, read by their
 * declared types.
 */
#include <stdlib.h>

#include "app/runtime.h"
#include "base/buffer.h"

static enum weft_status parse(struct weft_intern *intern, const struct weft_type *t,
	struct weft_text text, void *value, const char **why)
{
	if (t->kind != WEFT_KIND_OPTION)
		return weft_parse_value(intern, t, text, value, why);
	bool has = true;
	enum weft_status status =
		weft_parse_value(intern, t->item, text, (char *)value + t->offset, why);
	if (status == WEFT_OK)
		memcpy(value, &has, sizeof(has));
	return status;
}

static const char *find_setting(const struct weft_setting *settings, size_t count, const char *name)
{
	for (size_t i = count; i-- > 0;) /* the last one counts */
		if (strcmp(settings[i].name, name) == 0)
			return settings[i].value;
	return NULL;
}

static enum weft_status missing(const struct weft_param_info *p, struct weft_buffer *error)
{
	weft_buffer_format(error, "%s: the param `%s` has no value: give --set %s=...", p->place,
		p->name, p->name);
	if (p->env)
		weft_buffer_format(error, ", or set %s in the environment", p->env);
	weft_buffer_format(error, "\n");
	return WEFT_INVALID;
}

static enum weft_status read_one(struct weft_runtime *r, const struct weft_param_info *p,
	const char *set, void *params, struct weft_buffer *error)
{
	struct weft_intern *intern = weft_engine_intern(r->engine);
	const char *text = set ? set : p->env ? getenv(p->env) : NULL, *why = NULL;
	void *value = (char *)params + p->offset;
	if (!text && !p->absent)
		return missing(p, error);
	if (!text)
		return p->absent(r->program, intern, params, value);
	enum weft_status status =
		parse(intern, p->type, (struct weft_text){ text, strlen(text) }, value, &why);
	if (status != WEFT_INVALID)
		return status;
	weft_buffer_format(error, "%s: the param `%s` is %s%s, from %s%s=%s: %s\n", p->place,
		p->name, strchr("AEIOU", p->type->name[0]) ? "an " : "a ", p->type->name,
		set ? "--set " : "", set ? p->name : p->env, text,
		why ? why : "this is no such value");
	return WEFT_INVALID;
}

static enum weft_status check_names(const struct weft_runtime *r,
	const struct weft_setting *settings, size_t count, struct weft_buffer *error)
{
	enum weft_status status = WEFT_OK;
	for (size_t i = 0; i < count; i++) {
		size_t p = 0;
		while (p < r->info->param_count &&
			strcmp(r->info->params[p].name, settings[i].name) != 0)
			p++;
		if (p < r->info->param_count)
			continue;
		weft_buffer_format(error, "--set %s=%s: the program has no param of this name",
			settings[i].name, settings[i].value);
		for (p = 0; p < r->info->param_count; p++)
			weft_buffer_format(
				error, "%s%s", p ? ", " : "; it has: ", r->info->params[p].name);
		weft_buffer_format(error, "\n");
		status = WEFT_INVALID;
	}
	return status;
}

enum weft_status weft_params_read(struct weft_runtime *r, const struct weft_setting *settings,
	size_t count, struct weft_buffer *error)
{
	void *params = (char *)r->program + r->info->params_offset;
	enum weft_status status = check_names(r, settings, count, error);
	for (size_t i = 0; i < r->info->param_count; i++) {
		const struct weft_param_info *p = &r->info->params[i];
		enum weft_status one =
			read_one(r, p, find_setting(settings, count, p->name), params, error);
		if (one == WEFT_OK && status == WEFT_OK) {
			weft_value_retain(
				weft_engine_intern(r->engine), p->type, (char *)params + p->offset);
			r->params_read = i + 1;
		} else if (status == WEFT_OK || one == WEFT_NO_MEMORY) {
			status = one;
		}
		if (status == WEFT_NO_MEMORY)
			return status;
	}
	return status;
}

void weft_params_release(struct weft_runtime *r)
{
	char *params = (char *)r->program + r->info->params_offset;
	for (size_t i = 0; i < r->params_read; i++)
		weft_value_release(weft_engine_intern(r->engine), r->info->params[i].type,
			params + r->info->params[i].offset);
	r->params_read = 0;
}
