require('./index.js').runAction()
