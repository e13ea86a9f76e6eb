# Tags say which release; a digest says which bytes. Pin it when you publish: docker buildx imagetools inspect <image>
# shows it, and it goes behind the tag as @sha256:…; Dependabot then keeps both fresh.
FROM golang:1.26.10-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /content-creator . && mkdir /data

# Certificates and time zones, and nothing else: no shell, no packages.
FROM gcr.io/distroless/static-debian13:nonroot
ARG VERSION=dev
LABEL org.opencontainers.image.title="Content Creator API" \
      org.opencontainers.image.description="A content-research backend" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/content-creator/content-creator-api" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /content-creator /content-creator
COPY --from=build --chown=65532:65532 /data /data
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
# The image holds no PostgreSQL: DATABASE_URL names one.
ENV ADDR=0.0.0.0:8080 LOG_FORMAT=json DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/content-creator", "healthcheck"]
ENTRYPOINT ["/content-creator"]
CMD ["serve"]
