'use strict';

const reference = document.getElementById('reference');
Redoc.init(reference.dataset.spec, {
  hideLoading: true,
  nativeScrollbars: true,
  scrollYOffset: '.pages',
}, reference);
