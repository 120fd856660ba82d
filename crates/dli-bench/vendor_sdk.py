#!/usr/bin/env python3
"""Calls through the vendor's SDK (huaweicloudsdkdli, unchanged), one after the other.

    python vendor_sdk.py URL list|show TIMES
"""

import json
import sys
import time

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdli import v1 as sdk

BEFORE = 10

url, what, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
credentials = BasicCredentials("AKBENCHMARK000000001", "the-secret-key-of-the-benchmark-000000", "d11e0000000000000000000000000001")
client = sdk.DliClient.new_builder().with_credentials(credentials).with_endpoint(url).build()


def call():
    if what == "list":
        answer = client.list_enhanced_connections(sdk.ListEnhancedConnectionsRequest(limit=100, offset=0))
        assert len(answer.connections) == 100
    else:
        identifier = "c3f0a1d2-7b6e-4a59-8d3c-000000000001"
        answer = client.show_enhanced_connection(sdk.ShowEnhancedConnectionRequest(connection_id=identifier))
        assert answer.id == identifier


for _ in range(BEFORE):
    call()
wall, cpu = time.perf_counter(), time.process_time()
for _ in range(times):
    call()
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"wall_us": wall * 1e6 / times, "cpu_us": cpu * 1e6 / times}))
