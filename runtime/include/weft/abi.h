/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * abi.h: the one header that generated code includes. The ABI is between one compiler and its own
 * runtime: a mismatch is a compile-time error, never a crash.
 */
#ifndef WEFT_ABI_H
#define WEFT_ABI_H

#define WEFT_ABI_VERSION 1

#include <weft/abi/embed.h>
#include <weft/abi/program.h>
#include <weft/abi/scope.h>
#include <weft/weft.h>

#endif
