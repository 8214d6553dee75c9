# SPDX-License-Identifier: Apache-2.0 OR MIT
# Builds tests/sim: the real files of the layers, with -O2 and with the sanitizers; and five times with a bug planted in runtime/io.
BUILD ?= build
OUT   := $(BUILD)/sim
SRC   := $(foreach l,base io loop net,$(wildcard runtime/$(l)/*.c)) $(wildcard tests/sim/*.c)
# the only files that know of planted bugs
HIT   := runtime/io/io.c runtime/io/socket.c
FLAGS := -std=c11 -Wall -Wextra -D_GNU_SOURCE -Iruntime/include -Iruntime -MMD -MP
ASAN  := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FAST  := $(SRC:%.c=$(OUT)/fast/%.o)
CLEAN := $(SRC:%.c=$(OUT)/asan/%.o)
HITS  := $(foreach p,1 2 3 4 5,$(HIT:%.c=$(OUT)/plant$(p)/%.o))

all: $(OUT)/schedules $(OUT)/schedules-asan $(foreach p,1 2 3 4 5,$(OUT)/schedules-plant$(p))
$(OUT)/schedules: $(FAST)
	$(CC) -o $@ $^ -luring -lpthread
$(OUT)/schedules-asan: $(CLEAN)
	$(CC) $(ASAN) -o $@ $^ -luring -lpthread
$(OUT)/schedules-plant%: $(filter-out $(HIT:%.c=$(OUT)/fast/%.o),$(FAST)) $(HITS)
	$(CC) -o $@ $(filter-out $(OUT)/plant%,$^) $(HIT:%.c=$(OUT)/plant$*/%.o) -luring -lpthread
$(OUT)/fast/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -O2 -g -c -o $@ $<
$(OUT)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(ASAN) -c -o $@ $<
define plant
$(OUT)/plant$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$(CC) $(FLAGS) -O2 -g -DWEFT_PLANT=$(1) -c -o $$@ $$<
endef
$(foreach p,1 2 3 4 5,$(eval $(call plant,$(p))))
-include $(FAST:.o=.d) $(CLEAN:.o=.d) $(HITS:.o=.d)
