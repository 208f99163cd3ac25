# Native parts, built by scripts/build-native into build/Release/. All of them are optional.
{
    "targets": [
        {
            # What the agent needs of the kernel and Node does not offer (ha/io/native.ts).
            "target_name": "tandem_agent",
            "sources": [
                "ha/native/addon.c",
                "ha/native/arguments.c",
                "ha/native/boot_time.c",
                "ha/native/datagram_socket.c",
                "ha/native/hop_limit_filter.c",
                "ha/native/packet_socket.c",
                "ha/native/process.c",
                "ha/native/signal_pipe.c",
            ],
            "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
            "cflags": ["-std=c11", "-O2", "-Wall", "-Wextra"],
        },
        {
            # The data mover of the balancer (src/io/mover/native/addon.ts).
            "target_name": "tandem_mover",
            "sources": [
                "src/native/addon.c",
                "src/native/address.c",
                "src/native/connection.c",
                "src/native/descriptor.c",
                "src/native/frames.c",
                "src/native/freezing.c",
                "src/native/listening.c",
                "src/native/mover.c",
                "src/native/passing.c",
                "src/native/relay.c",
                "src/native/relay_memory.c",
                "src/native/relay_slots.c",
                "src/native/relay_thread.c",
                "src/native/relaying.c",
                "src/native/repair.c",
                "src/native/silence.c",
                "src/native/values.c",
                "src/native/wheel.c",
            ],
            "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
            "cflags": ["-std=c11", "-O2", "-Wall", "-Wextra", "-pthread"],
            "ldflags": ["-pthread"],
        },
    ],
}
