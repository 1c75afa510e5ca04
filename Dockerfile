# syntax=docker/dockerfile:1

FROM rust:1-bookworm AS build
WORKDIR /build

# The dependencies are a layer of their own, built again only when the manifest or the lock file changes.
# The benchmark is a member of the workspace, so that its manifest must be there, and nothing else of it.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY bench/Cargo.toml bench/
RUN mkdir src bench/src \
    && echo 'fn main() {}' | tee src/main.rs >bench/src/main.rs \
    && touch src/lib.rs \
    && cargo build --locked --release --bin countersign \
    && rm -r src

COPY config config
COPY migrations migrations
COPY src src
# Cargo goes by modification times, and the sources may be older than the empty crate built above.
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --release --bin countersign \
    && install -d -m 0700 /state

# glibc and CA certificates, no shell and no package manager; its user nonroot is 65532.
FROM gcr.io/distroless/cc-debian12:nonroot

COPY LICENSE /usr/share/doc/countersign/LICENSE
COPY --from=build /build/target/release/countersign /usr/local/bin/countersign
# The embedded database and the demo's keys. An orchestrator's empty volume takes over this owner.
COPY --from=build --chown=65532:65532 /state /var/lib/countersign

WORKDIR /var/lib/countersign
VOLUME /var/lib/countersign
# 8080 is for partners and services, 8081 for operations: publish the second only where operations are.
EXPOSE 8080 8081

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/countersign", "doctor", "--live", "--config", "/etc/countersign/countersign.toml"]

ENTRYPOINT ["/usr/local/bin/countersign"]
CMD ["serve", "--config", "/etc/countersign/countersign.toml"]
