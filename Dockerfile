# syntax=docker/dockerfile:1
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /content-creator . && mkdir /data

# Certificates and nothing else: no shell, no packages. The user is 65532. Pin the digest when you publish:
# docker buildx imagetools inspect gcr.io/distroless/static-debian12:nonroot
FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION=dev
LABEL org.opencontainers.image.title="Content Creator API" \
      org.opencontainers.image.description="A content-research backend" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/content-creator/content-creator-api" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /content-creator /content-creator
COPY --from=build --chown=65532:65532 /data /data
# The image holds no PostgreSQL: DATABASE_URL names one.
ENV ADDR=0.0.0.0:8080 LOG_FORMAT=json DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/content-creator", "healthcheck"]
ENTRYPOINT ["/content-creator"]
CMD ["serve"]
