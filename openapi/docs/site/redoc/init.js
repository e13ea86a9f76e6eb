'use strict';

const reference = document.getElementById('reference');
Redoc.init(reference.dataset.spec, {
  hideLoading: true,
  nativeScrollbars: true,
  scrollYOffset: '.pages',
  // The scope that an operation needs is one.
  showExtensions: true,
}, reference);
