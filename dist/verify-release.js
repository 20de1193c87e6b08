require('./index.js').runAction('verify-release')
