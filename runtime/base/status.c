/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * status.c: the names of statuses, from status.tbl.
 */
#include <weft/weft.h>

#include "status.h"

const char *weft_status_name(enum weft_status status)
{
	switch (status) {
#define STATUS(name, text, sentence) \
	case WEFT_##name:            \
		return text;
#include "status.tbl"
#undef STATUS
	}
	return "unknown status";
}

const char *weft_status_text(enum weft_status status)
{
	switch (status) {
#define STATUS(name, text, sentence) \
	case WEFT_##name:            \
		return sentence;
#include "status.tbl"
#undef STATUS
	}
	return "unknown status";
}
