package main

import (
	"testing"

	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
