#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""flat.py N: N Services and N Pods of one namespace, pairwise matching; then a few small transactions beside them."""
import json, sys


def put(table, row):
    print(json.dumps({"put": table, "row": row}))


def commit():
    print(json.dumps({"commit": True}))


def service(i, app):
    put("services", {"metadata": {"name": f"s{i}", "namespace": "shop"}, "spec": {"selector": {"app": app}}})


def pod(i, app, ip):
    put("pods", {"metadata": {"name": f"p{i}", "namespace": "shop", "labels": {"app": app, "tier": "all"}},
                 "status": {"podIP": ip, "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})


for i in range(int(sys.argv[1])):
    service(i, f"app{i}")
    pod(i, f"app{i}", f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}")
commit()
pod(7, "app7", "10.9.9.9")          # another address
commit()
pod(8, "app9", "10.0.0.8")          # another Service's Pod
service(11, "app12")
commit()
put("draining", {"namespace": "shop", "pod": "p9"})
commit()
pod("-new", "app1", "10.8.8.8")
print(json.dumps({"delete": "services", "row": {"metadata": {"name": "s3", "namespace": "shop"}}}))
commit()
