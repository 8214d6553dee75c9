/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check.h: the state after each transaction, written to a descriptor for the oracle of `weft run
 * --check`:
 *
 *   {"param":"namespace","value":"shop"}          every param
 *   {"table":"services","row":{...}}              every row of every table that is not internal
 * (weft_engine_dump)
 *   {"commit":7}                                  the version: the end of this state
 */
#ifndef WEFT_APP_CHECK_H
#define WEFT_APP_CHECK_H

#include "app/runtime.h"

enum weft_status weft_check_create(struct weft_runtime *, int descriptor, struct weft_check **);
void weft_check_destroy(struct weft_check *);

#endif
