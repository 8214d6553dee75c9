/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * status.h: the sentence of a status; its short name is public (weft.h).
 */
#ifndef WEFT_BASE_STATUS_H
#define WEFT_BASE_STATUS_H

#include <weft/abi/value.h>

const char *weft_status_text(enum weft_status);

#endif
