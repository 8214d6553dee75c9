/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * types.c: the descriptors of the built-in types.
 */
#include <weft/abi/value.h>

#define SCALAR(symbol, text, kind_name, type, ids)                  \
	const struct weft_type weft_type_##symbol = { .name = text, \
		.kind = WEFT_KIND_##kind_name,                      \
		.align = _Alignof(type),                            \
		.size = sizeof(type),                               \
		.has_ids = ids }

SCALAR(bool, "Bool", BOOL, bool, false);
SCALAR(int, "Int", INT, int64_t, false);
SCALAR(float, "Float", FLOAT, double, false);
SCALAR(string, "String", STRING, weft_id, true);
SCALAR(bytes, "Bytes", BYTES, weft_id, true);
SCALAR(port, "Port", PORT, uint16_t, false);
SCALAR(ip, "Ip", IP, struct weft_ip, false);
SCALAR(cidr, "Cidr", CIDR, struct weft_cidr, false);
SCALAR(addr, "Addr", ADDR, struct weft_addr, false);
SCALAR(duration, "Duration", DURATION, int64_t, false);
SCALAR(size, "Size", SIZE, int64_t, false);
SCALAR(instant, "Instant", INSTANT, int64_t, false);
SCALAR(identity, "Identity", IDENTITY, weft_id, true);
SCALAR(selector, "Selector", SELECTOR, struct weft_selector, true);

static const struct weft_field label_fields[] = {
	{ .name = "key", .offset = offsetof(struct weft_label, key), .type = &weft_type_string },
	{ .name = "value",
		.offset = offsetof(struct weft_label, value),
		.type = &weft_type_string },
};
const struct weft_type weft_type_label = {
	.name = "Label",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct weft_label),
	.fields = label_fields,
	.field_count = 2,
};
const struct weft_type weft_type_labels = {
	.name = "Labels",
	.kind = WEFT_KIND_LABELS,
	.align = 4,
	.has_ids = true,
	.size = sizeof(weft_id),
	.item = &weft_type_label,
};
const struct weft_type weft_type_texts = {
	.name = "[String]",
	.kind = WEFT_KIND_LIST,
	.align = 4,
	.has_ids = true,
	.size = sizeof(weft_id),
	.item = &weft_type_string,
};

static const struct weft_variant operator_variants[] = {
	{ .name = "In" },
	{ .name = "NotIn" },
	{ .name = "Exists" },
	{ .name = "DoesNotExist" },
};
static const struct weft_type operator_type = {
	.name = "Operator",
	.kind = WEFT_KIND_ENUM,
	.align = 4,
	.size = sizeof(uint32_t),
	.variants = operator_variants,
	.variant_count = 4,
};
static const struct weft_field requirement_fields[] = {
	{ .name = "key",
		.offset = offsetof(struct weft_requirement, key),
		.type = &weft_type_string },
	{ .name = "operator",
		.offset = offsetof(struct weft_requirement, op),
		.type = &operator_type },
	{ .name = "values",
		.offset = offsetof(struct weft_requirement, values),
		.type = &weft_type_texts },
};
const struct weft_type weft_type_requirement = {
	.name = "Requirement",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct weft_requirement),
	.fields = requirement_fields,
	.field_count = 3,
};
